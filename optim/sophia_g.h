// Sophia with the Gauss-Newton-Bartlett estimator.
#ifndef ANNEAL_OPTIM_SOPHIA_G_H_
#define ANNEAL_OPTIM_SOPHIA_G_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/per_param_optimizer.h"
#include "optim/sophia_g.pb.h"

namespace anneal {

// SophiaG (Liu et al.: Sophia: A Scalable Stochastic Second-order Optimizer for
// Language Model Pre-training, 2023):
//
//   m = beta1 * m + (1 - beta1) * g
//   p = p * (1 - lr * weight_decay)
//       - lr * sign(m) * min(|m| / (rho * bs * h + 1e-15), 1)
//
// h, the estimate of the Hessian's diagonal, stays 0, and the steps the
// gradient's signs, unless UpdateHessian() is called every ten steps or so.
class SophiaG : public PerParamOptimizer {
 public:
  using Config = SophiaGConfig;

  static absl::StatusOr<std::unique_ptr<SophiaG>> Create(
      Config config, std::vector<ParamGroup> groups);

  // h = beta2 * h + (1 - beta2) * g^2, where the gradients g are of a loss
  // whose labels were drawn from the model's own outputs.
  void UpdateHessian();

  // Numbers (tokens, samples) that a loss is the mean of. Default: 5120.
  void set_bs(double bs) { bs_ = bs; }

 protected:
  absl::string_view type_name() const override { return "SophiaG"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit SophiaG(const Config& config);

  double bs_ = 5120;
  bool is_updating_hessian_ = false;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SOPHIA_G_H_
