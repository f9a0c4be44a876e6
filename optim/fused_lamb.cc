#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "optim/fused_lamb.pb.h"
#include "optim/options.h"
#include "optim/per_param_optimizer.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// DeepSpeed's FusedLamb (You et al.: Large Batch Optimization for Deep
// Learning, 2020): Adam's step u, with the decay in it, made as long as the
// parameter is:
//
//   p = p - lr * clamp(|p| / |u|, min_coeff, max_coeff) * u
class FusedLamb : public PerParamOptimizer {
 public:
  using Config = FusedLambConfig;

  static absl::StatusOr<std::unique_ptr<FusedLamb>> Create(
      Config config, std::vector<ParamGroup> groups) {
    SetDefault({0.9, 0.999}, config.mutable_betas());
    std::unique_ptr<FusedLamb> optimizer(new FusedLamb(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "FusedLamb"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit FusedLamb(const Config& config)
      : PerParamOptimizer(OptionsOf(config, {"eps_inside_sqrt", "amsgrad"}),
                          {{"step", StateField::kIntegerStep},
                           {"exp_avg", StateField::kTensor},
                           {"exp_avg_sq", StateField::kTensor}}),
        has_amsgrad_(config.amsgrad()),
        eps_is_inside_(config.eps_inside_sqrt()) {}

  bool has_amsgrad_;
  bool eps_is_inside_;
};

absl::Status FusedLamb::ValidateOptions(const Dict& options) const {
  if (has_amsgrad_) {
    return absl::InvalidArgumentError(
        "amsgrad is true, which FusedLamb has not");
  }
  RETURN_IF_ERROR(CheckNotNegative(
      options, {"lr", "eps", "weight_decay", "max_coeff", "min_coeff"}));
  if (*options.Find("max_grad_norm")->AsReal("max_grad_norm") != 0) {
    return absl::InvalidArgumentError(
        "max_grad_norm is not 0; clip by the optim wrapper's clip_grad");
  }
  return CheckBetas(options);
}

void FusedLamb::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                          double grad_factor) {
  const double beta1 = group.beta(0);
  const double beta2 = group.beta(1);
  const double eps = group.real("eps");
  for (ParamStep& step : params) {
    at::Tensor& mean = step.state->tensors[0];
    at::Tensor& square = step.state->tensors[1];
    const at::ScalarType type = mean.scalar_type();
    const at::Tensor param = step.param->detach().to(type);
    const at::Tensor grad = step.grad->to(type) * grad_factor;
    mean.mul_(beta1).add_(grad, 1 - beta1);
    square.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
    const at::Tensor root =
        eps_is_inside_ ? (square + eps).sqrt_() : square.sqrt().add_(eps);
    const at::Tensor update =
        (mean / root).add_(param, group.real("weight_decay"));
    double rate = group.real("lr");
    if (group.flag("bias_correction")) {
      const double t = step.state->step;
      rate *= std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
    }
    const double param_norm = param.norm().item<double>();
    const double update_norm = update.norm().item<double>();
    if (param_norm != 0 && update_norm != 0) {
      rate *=
          std::min(std::max(param_norm / update_norm, group.real("min_coeff")),
                   group.real("max_coeff"));
    }
    at::Tensor(*step.param).copy_(param - update * rate);
  }
}

ANNEAL_REGISTER(Optimizer, FusedLamb);

}  // namespace
}  // namespace anneal
