// RMSprop.
#ifndef ANNEAL_OPTIM_RMSPROP_H_
#define ANNEAL_OPTIM_RMSPROP_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/per_param_optimizer.h"
#include "optim/rmsprop.pb.h"

namespace anneal {

// torch.optim.RMSprop (Hinton, 2012):
//
//   v = alpha * v + (1 - alpha) * g^2
//   p = p - lr * g / (sqrt(v) + eps)
//
// with the mean gradient's square taken from v where `centered`, and momentum
// over the steps.
class RMSprop : public PerParamOptimizer {
 public:
  using Config = RMSpropConfig;

  static absl::StatusOr<std::unique_ptr<RMSprop>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "RMSprop"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit RMSprop(const Config& config);
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_RMSPROP_H_
