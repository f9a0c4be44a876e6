// LARS (You et al.: Large Batch Training of Convolutional Networks, 2017) as
// ColossalAI and bitsandbytes have it: SGD's step, its length by that of the
// parameter.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "optim/lars.pb.h"
#include "optim/options.h"
#include "optim/per_param_optimizer.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

StateField MomentumBuffer() {
  return {"momentum_buffer", StateField::kTensor, nullptr,
          [](const ParamGroup& group) { return group.real("momentum") != 0; }};
}

// What each of them does to a parameter in float32, or float64.
template <typename T>
void StepEach(std::vector<ParamStep>& params, double grad_factor,
              const T& step_one) {
  for (ParamStep& step : params) {
    const at::ScalarType type = step.param->scalar_type();
    const at::ScalarType computed =
        type == at::kBFloat16 || type == at::kHalf ? at::kFloat : type;
    const at::Tensor param = step.param->detach().to(computed);
    at::Tensor(*step.param)
        .copy_(step_one(step, param, step.grad->to(computed) * grad_factor));
  }
}

class Lars : public PerParamOptimizer {
 public:
  using Config = LarsConfig;

  static absl::StatusOr<std::unique_ptr<Lars>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    std::unique_ptr<Lars> optimizer(new Lars(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "Lars"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Lars(const Config& config)
      : PerParamOptimizer(Options(config), {MomentumBuffer()}) {}

  static Dict Options(const Config& config) {
    Dict options = OptionsOf(config);
    options["lars"] = true;
    return options;
  }
};

absl::Status Lars::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(
      CheckNotNegative(options, {"lr", "momentum", "weight_decay", "epsilon"}));
  ASSIGN_OR_RETURN(const double eeta, options.Find("eeta")->AsReal("eeta"));
  if (eeta > 0 && eeta <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("eeta is ", eeta, "; it must be in (0, 1]"));
}

void Lars::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                     double grad_factor) {
  constexpr double kMaxRatio = 50;
  constexpr double kMaxGradient = 10;
  const double decay = group.real("weight_decay");
  const double momentum = group.real("momentum");
  auto step_one = [&](ParamStep& step, const at::Tensor& param,
                      at::Tensor grad) {
    double rate = group.real("lr");
    if (group.flag("lars")) {
      const double param_norm = param.norm().item<double>();
      const double grad_norm = grad.norm().item<double>();
      if (param_norm > 0 && grad_norm > 0) {
        rate *= std::min(
            group.real("eeta") * param_norm /
                (grad_norm + decay * param_norm + group.real("epsilon")),
            kMaxRatio);
      }
      grad = grad.add(param, decay);
    }
    grad = grad.clamp(-kMaxGradient, kMaxGradient);
    if (momentum != 0) {
      at::Tensor& buffer = step.state->tensors[0];
      // It begins at 0, so the first step's is the gradient.
      buffer.mul_(momentum).add_(grad);
      grad = buffer;
    }
    return param.add(grad, -rate);
  };
  StepEach(params, grad_factor, step_one);
}

class PytorchLARS : public PerParamOptimizer {
 public:
  using Config = PytorchLARSConfig;

  static absl::StatusOr<std::unique_ptr<PytorchLARS>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    std::unique_ptr<PytorchLARS> optimizer(new PytorchLARS(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "PytorchLARS"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit PytorchLARS(const Config& config)
      : PerParamOptimizer(OptionsOf(config), {MomentumBuffer()}) {}
};

absl::Status PytorchLARS::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(
      CheckNotNegative(options, {"lr", "weight_decay", "max_unorm"}));
  RETURN_IF_ERROR(CheckPositive(options, "momentum"));
  RETURN_IF_ERROR(CheckFinite(options, "dampening"));
  if (!*options.Find("nesterov")->get_if<bool>() ||
      *options.Find("dampening")->AsReal("dampening") == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "nesterov is true with a dampening; it needs dampening: 0");
}

void PytorchLARS::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                            double grad_factor) {
  const double momentum = group.real("momentum");
  const double max_unorm = group.real("max_unorm");
  auto step_one = [&](ParamStep& step, const at::Tensor& param,
                      at::Tensor grad) {
    grad = grad.add(param, group.real("weight_decay"));
    at::Tensor& buffer = step.state->tensors[0];
    if (step.is_first) {
      buffer.copy_(grad);
    } else {
      buffer.mul_(momentum).add_(grad, 1 - group.real("dampening"));
    }
    const at::Tensor update =
        group.flag("nesterov") ? grad.add(buffer, momentum) : buffer;
    double rate = group.real("lr");
    if (max_unorm > 0) {
      const double longest = max_unorm * param.norm().item<double>();
      const double length = update.norm().item<double>();
      if (length > longest) rate *= longest / length;
    }
    return param.add(update, -rate);
  };
  StepEach(params, grad_factor, step_one);
}

ANNEAL_REGISTER(Optimizer, Lars);
ANNEAL_REGISTER(Optimizer, PytorchLARS);

}  // namespace
}  // namespace anneal
