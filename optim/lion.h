// Lion.
#ifndef ANNEAL_OPTIM_LION_H_
#define ANNEAL_OPTIM_LION_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/lion.pb.h"
#include "optim/per_param_optimizer.h"

namespace anneal {

// lion_pytorch's Lion (Chen et al.: Symbolic Discovery of Optimization
// Algorithms, 2023):
//
//   p = p * (1 - lr * weight_decay) - lr * sign(beta1 * m + (1 - beta1) * g)
//   m = beta2 * m + (1 - beta2) * g
class Lion : public PerParamOptimizer {
 public:
  using Config = LionConfig;

  static absl::StatusOr<std::unique_ptr<Lion>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "Lion"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Lion(const Config& config);

  bool is_decoupled_;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_LION_H_
