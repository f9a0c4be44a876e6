// LAMB (You et al.: Large Batch Optimization for Deep Learning, 2020) as
// ColossalAI has it: Adam's step, with the decay in it, made as long as the
// parameter is.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "optim/lamb.pb.h"
#include "optim/options.h"
#include "optim/per_param_optimizer.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// The ratio of the norms, 1 where one of them is 0.
double TrustRatio(double param_norm, double update_norm) {
  return param_norm == 0 || update_norm == 0 ? 1 : param_norm / update_norm;
}

// A parameter's tensors in the dtype of its state.
struct Tensors {
  Tensors(const ParamStep& step, double grad_factor)
      : mean(step.state->tensors[0]),
        square(step.state->tensors[1]),
        param(step.param->detach().to(mean.scalar_type())),
        grad(step.grad->to(mean.scalar_type()) * grad_factor) {}

  at::Tensor mean;
  at::Tensor square;
  at::Tensor param;
  at::Tensor grad;
};

// Version 3 of the paper: its means are not corrected for beginning at 0.
class Lamb : public PerParamOptimizer {
 public:
  using Config = LambConfig;

  static absl::StatusOr<std::unique_ptr<Lamb>> Create(
      Config config, std::vector<ParamGroup> groups) {
    SetDefault({0.9, 0.999}, config.mutable_betas());
    std::unique_ptr<Lamb> optimizer(new Lamb(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "Lamb"; }
  absl::Status ValidateOptions(const Dict& options) const override {
    RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
    return CheckBetas(options);
  }
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Lamb(const Config& config)
      : PerParamOptimizer(OptionsOf(config, {"adam"}),
                          {{"step", StateField::kIntegerStep},
                           {"exp_avg", StateField::kTensor},
                           {"exp_avg_sq", StateField::kTensor},
                           // For whoever watches a run.
                           {"weight_norm", StateField::kNumber},
                           {"adam_norm", StateField::kNumber},
                           {"trust_ratio", StateField::kNumber}}),
        is_adam_(config.adam()) {}

  bool is_adam_;
};

void Lamb::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                     double grad_factor) {
  for (ParamStep& step : params) {
    Tensors t(step, grad_factor);
    t.mean.mul_(group.beta(0)).add_(t.grad, 1 - group.beta(0));
    t.square.mul_(group.beta(1)).addcmul_(t.grad, t.grad, 1 - group.beta(1));
    const at::Tensor update = (t.mean / t.square.sqrt().add_(group.real("eps")))
                                  .add_(t.param, group.real("weight_decay"));
    const double param_norm = t.param.norm().item<double>();
    const double update_norm = update.norm().item<double>();
    const double ratio = TrustRatio(param_norm, update_norm);
    step.state->numbers = {static_cast<float>(param_norm),
                           static_cast<float>(update_norm),
                           static_cast<float>(ratio)};
    at::Tensor(*step.param)
        .copy_(t.param - update * (group.real("lr") * (is_adam_ ? 1 : ratio)));
  }
}

class FusedLAMB : public PerParamOptimizer {
 public:
  using Config = FusedLAMBConfig;

  static absl::StatusOr<std::unique_ptr<FusedLAMB>> Create(
      Config config, std::vector<ParamGroup> groups) {
    if (config.amsgrad()) {
      return absl::InvalidArgumentError(
          "amsgrad is true, which FusedLAMB has not");
    }
    SetDefault({0.9, 0.999}, config.mutable_betas());
    std::unique_ptr<FusedLAMB> optimizer(new FusedLAMB(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "FusedLAMB"; }
  // The norm is of all gradients.
  bool is_per_param() const override { return false; }
  absl::Status ValidateOptions(const Dict& options) const override {
    RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
    RETURN_IF_ERROR(CheckPositive(options, "max_grad_norm"));
    return CheckBetas(options);
  }
  void StepGroups(std::vector<std::vector<ParamStep>>& groups,
                  double grad_factor) override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit FusedLAMB(const Config& config)
      : PerParamOptimizer(OptionsOf(config, {"amsgrad", "adam_w_mode",
                                             "set_grad_none", "use_nvlamb"}),
                          {{"step", StateField::kIntegerStep},
                           {"exp_avg", StateField::kTensor},
                           {"exp_avg_sq", StateField::kTensor}}),
        is_decoupled_(config.adam_w_mode()),
        scales_all_(config.use_nvlamb()) {}

  bool is_decoupled_;
  bool scales_all_;
};

void FusedLAMB::StepGroups(std::vector<std::vector<ParamStep>>& groups,
                           double grad_factor) {
  double squares = 0;
  for (const std::vector<ParamStep>& params : groups) {
    for (const ParamStep& step : params) {
      const double norm =
          step.grad->norm(2, step.state->tensors[0].scalar_type())
              .item<double>();
      squares += norm * norm;
    }
  }
  const double norm = std::sqrt(squares) * std::abs(grad_factor);
  const double longest = *defaults().Find("max_grad_norm")->AsReal("");
  PerParamOptimizer::StepGroups(
      groups, norm > longest ? grad_factor * longest / norm : grad_factor);
}

void FusedLAMB::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                          double grad_factor) {
  const double beta1 = group.beta(0);
  const double beta2 = group.beta(1);
  const double decay = group.real("weight_decay");
  for (ParamStep& step : params) {
    Tensors t(step, grad_factor);
    if (!is_decoupled_) t.grad = t.grad.add(t.param, decay);
    t.mean.mul_(beta1).add_(t.grad,
                            group.flag("grad_averaging") ? 1 - beta1 : 1);
    t.square.mul_(beta2).addcmul_(t.grad, t.grad, 1 - beta2);
    double correction1 = 1;
    double correction2 = 1;
    if (group.flag("bias_correction")) {
      correction1 -= std::pow(beta1, step.state->step);
      correction2 -= std::pow(beta2, step.state->step);
    }
    at::Tensor update =
        (t.mean / correction1) /
        (t.square / correction2).sqrt_().add_(group.real("eps"));
    if (is_decoupled_) update.add_(t.param, decay);
    double rate = group.real("lr");
    if (scales_all_ || decay != 0) {
      rate *= TrustRatio(t.param.norm().item<double>(),
                         update.norm().item<double>());
    }
    at::Tensor(*step.param).copy_(t.param - update * rate);
  }
}

ANNEAL_REGISTER(Optimizer, FusedLAMB);
ANNEAL_REGISTER(Optimizer, Lamb);

}  // namespace
}  // namespace anneal
