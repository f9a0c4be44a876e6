// Adam.
#ifndef ANNEAL_OPTIM_ADAM_H_
#define ANNEAL_OPTIM_ADAM_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/adam.pb.h"
#include "optim/per_param_optimizer.h"

namespace anneal {

// torch.optim.Adam (Kingma, Ba: Adam: A Method for Stochastic Optimization,
// 2015); weight decay is an L2 penalty unless decoupled:
//
//   g = grad + weight_decay * p
//   m = beta1 * m + (1 - beta1) * g,  v = beta2 * v + (1 - beta2) * g^2
//   p = p - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
class Adam : public PerParamOptimizer {
 public:
  using Config = AdamConfig;

  static absl::StatusOr<std::unique_ptr<Adam>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  // `defaults` has lr, betas, eps, weight_decay and decoupled_weight_decay, and
  // may have amsgrad, maximize (both false without) and bias_correction (true).
  explicit Adam(Dict defaults);

  absl::string_view type_name() const override { return "Adam"; }
  // By the kind of decay.
  absl::string_view state_type() const override;
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_ADAM_H_
