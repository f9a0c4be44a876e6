// Adagrad.
#ifndef ANNEAL_OPTIM_ADAGRAD_H_
#define ANNEAL_OPTIM_ADAGRAD_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/adagrad.pb.h"
#include "optim/per_param_optimizer.h"

namespace anneal {

// torch.optim.Adagrad (Duchi, Hazan, Singer, 2011), which takes sparse
// gradients too and then touches their rows alone:
//
//   s = s + g^2
//   p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)
class Adagrad : public PerParamOptimizer {
 public:
  using Config = AdagradConfig;

  static absl::StatusOr<std::unique_ptr<Adagrad>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "Adagrad"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  bool has_state_from_start() const override { return true; }
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Adagrad(const Config& config);
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_ADAGRAD_H_
