// Defazio, Mishchenko: Learning-Rate-Free Learning by D-Adaptation, 2023. The
// options hold the estimate d of the distance to the solution, and what it is
// made of; d times lr is the rate.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "optim/dadaptation.pb.h"
#include "optim/options.h"
#include "optim/per_param_optimizer.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

double Dot(const at::Tensor& a, const at::Tensor& b) {
  return a.flatten().dot(b.flatten()).item<double>();
}

double SumOf(const at::Tensor& tensor) { return tensor.sum().item<double>(); }

// The gradient in its state's type, with the L2 penalty.
at::Tensor Penalized(const ParamStep& step, double factor, double decay) {
  const at::ScalarType type = step.state->tensors[0].scalar_type();
  at::Tensor grad = step.grad->to(type);
  if (factor != 1) grad = grad * factor;
  return decay == 0 ? grad : grad.add(step.param->to(type), decay);
}

// What the three share: one estimate for all groups.
class DAdaptation : public PerParamOptimizer {
 protected:
  // The options of a class: the config's, in which d0 is called d, and `counts`
  // of the estimate, which begin at 0.
  static Dict Defaults(const google::protobuf::Message& config,
                       std::initializer_list<const char*> counts) {
    Dict options;
    for (auto& [key, value] : OptionsOf(config)) {
      const std::string name = KeyString(key);
      options[name == "d0" ? "d" : name] = value;
    }
    for (const char* count : counts) options[count] = 0.0;
    options["k"] = 0;
    return options;
  }

  using PerParamOptimizer::PerParamOptimizer;

  bool is_per_param() const override { return false; }
  absl::Status ValidateOptions(const Dict& options) const override {
    // A group's rate may be 0: it stands still.
    RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "weight_decay"}));
    RETURN_IF_ERROR(CheckPositive(options, "d"));
    if (options.Find("eps")) RETURN_IF_ERROR(CheckPositive(options, "eps"));
    if (options.Find("betas")) RETURN_IF_ERROR(CheckBetas(options));
    if (options.Find("momentum")) {
      RETURN_IF_ERROR(CheckFraction(options, "momentum"));
    }
    if (options.Find("g0_norm")) {
      RETURN_IF_ERROR(CheckNotNegative(options, "g0_norm"));
    }
    const double growth = *options.Find("growth_rate")->AsReal("growth_rate");
    if (!(growth >= 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("growth_rate is ", growth, "; it must be at least 1"));
    }
    const Value* fsdp = options.Find("fsdp_in_use");
    if (fsdp != nullptr && *fsdp->get_if<bool>()) {
      return absl::InvalidArgumentError(
          absl::StrCat("fsdp_in_use is true; ", type_name(),
                       " needs all of its parameters on each rank"));
    }
    return absl::OkStatus();
  }

  absl::Status ValidateGroup(const ParamGroup& group) const override {
    for (const ParamGroup& other : param_groups()) {
      if (group.real("lr") == 0 || other.real("lr") == 0 ||
          group.real("lr") == other.real("lr")) {
        continue;
      }
      return absl::InvalidArgumentError(
          absl::StrCat(type_name(), " takes one lr for all groups, or 0; got ",
                       other.real("lr"), " and ", group.real("lr")));
    }
    return absl::OkStatus();
  }

  // The rate of all groups but those of rate 0.
  double CommonRate() const {
    double lr = 0;
    for (const ParamGroup& group : param_groups()) {
      lr = std::max(lr, group.real("lr"));
    }
    for (const ParamGroup& group : param_groups()) {
      TORCH_CHECK(group.real("lr") == lr || group.real("lr") == 0, type_name(),
                  " takes one lr for all groups, or 0; got ", lr, " and ",
                  group.real("lr"));
    }
    return lr;
  }

  const ParamGroup& first() const { return param_groups()[0]; }

  double Grown(double d_hat) const {
    const double d = first().real("d");
    return std::max(d, std::min(d_hat, d * first().real("growth_rate")));
  }

  // Of every group.
  void SetOption(const char* name, double value) {
    for (ParamGroup& group : param_groups()) group.options[name] = value;
  }
  void CountStep() {
    for (ParamGroup& group : param_groups()) {
      group.options["k"] = static_cast<int64_t>(group.real("k")) + 1;
    }
  }

  void StepGroup(ParamGroup&, std::vector<ParamStep>&, double) final {}
};

class DAdaptAdam : public DAdaptation {
 public:
  using Config = DAdaptAdamConfig;

  static absl::StatusOr<std::unique_ptr<DAdaptAdam>> Create(
      Config config, std::vector<ParamGroup> groups) {
    SetDefault({0.9, 0.999}, config.mutable_betas());
    RETURN_IF_ERROR(CheckPositive(OptionsOf(config), "lr"));
    std::unique_ptr<DAdaptAdam> optimizer(new DAdaptAdam(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "DAdaptAdam"; }
  void StepGroups(std::vector<std::vector<ParamStep>>& groups,
                  double grad_factor) override;

 private:
  explicit DAdaptAdam(const Config& config)
      : DAdaptation(Options(config), {{"step", StateField::kIntegerStep},
                                      {"s", StateField::kTensor},
                                      {"exp_avg", StateField::kTensor},
                                      {"exp_avg_sq", StateField::kTensor}}) {}

  static Dict Options(const Config& config) {
    Dict options = Defaults(config, {"numerator_weighted"});
    options["layer_scale"] = 1.0;
    return options;
  }
};

void DAdaptAdam::StepGroups(std::vector<std::vector<ParamStep>>& groups,
                            double factor) {
  const double lr = CommonRate();
  const double beta1 = first().beta(0);
  const double beta2 = first().beta(1);
  const double root2 = std::sqrt(beta2);
  const bool is_decoupled = first().flag("decouple");
  double rate = first().real("d") * lr;
  if (first().flag("use_bias_correction")) {
    const double t = first().real("k") + 1;
    rate *= std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
  }
  double numerator = 0;
  double norm = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    const ParamGroup& group = param_groups()[g];
    const double scale = group.real("layer_scale");
    for (ParamStep& step : groups[g]) {
      const at::Tensor& s = step.state->tensors[0];
      const at::Tensor& mean = step.state->tensors[1];
      const at::Tensor& square = step.state->tensors[2];
      if (group.real("lr") == 0) continue;
      const at::Tensor grad = Penalized(
          step, factor, is_decoupled ? 0 : group.real("weight_decay"));
      const at::Tensor root = square.sqrt().add_(group.real("eps"));
      numerator += scale * rate * Dot(grad, s / root);
      mean.mul_(beta1).add_(grad, scale * rate * (1 - beta1));
      square.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
      s.mul_(root2).add_(grad, rate * (1 - root2));
      norm += scale * SumOf(s.abs());
    }
  }
  if (norm == 0) {
    // Nothing moves, and it is no step.
    for (auto& params : groups) {
      for (ParamStep& step : params) --step.state->step;
    }
    return;
  }
  numerator =
      root2 * first().real("numerator_weighted") + (1 - root2) * numerator;
  if (lr > 0) SetOption("d", Grown(numerator / ((1 - root2) * norm)));
  SetOption("numerator_weighted", numerator);
  for (size_t g = 0; g < groups.size(); ++g) {
    const ParamGroup& group = param_groups()[g];
    const double decay = is_decoupled ? group.real("weight_decay") : 0;
    for (ParamStep& step : groups[g]) {
      const at::Tensor root =
          step.state->tensors[2].sqrt().add_(group.real("eps"));
      at::Tensor param = *step.param;
      if (decay != 0) param.add_(param, -decay * rate);
      param.sub_(step.state->tensors[1] / root);
    }
  }
  CountStep();
}

class DAdaptSGD : public DAdaptation {
 public:
  using Config = DAdaptSGDConfig;

  static absl::StatusOr<std::unique_ptr<DAdaptSGD>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckPositive(OptionsOf(config), "lr"));
    std::unique_ptr<DAdaptSGD> optimizer(new DAdaptSGD(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "DAdaptSGD"; }
  void StepGroups(std::vector<std::vector<ParamStep>>& groups,
                  double grad_factor) override;

 private:
  explicit DAdaptSGD(const Config& config)
      : DAdaptation(Defaults(config, {"numerator_weighted", "g0_norm"}),
                    {{"z", StateField::kTensor},
                     {"s", StateField::kTensor},
                     {"x0", StateField::kTensor}}) {}
};

void DAdaptSGD::StepGroups(std::vector<std::vector<ParamStep>>& groups,
                           double factor) {
  enum { kZ, kS, kX0 };
  const double lr = CommonRate();
  const double decay = first().real("weight_decay");
  const double momentum = first().real("momentum");
  for (auto& params : groups) {
    for (ParamStep& step : params) {
      if (!step.is_first) continue;
      step.state->tensors[kZ].copy_(*step.param);
      step.state->tensors[kX0].copy_(*step.param);
    }
  }
  if (first().real("g0_norm") == 0) {
    double square = 0;
    for (size_t g = 0; g < groups.size(); ++g) {
      if (param_groups()[g].real("lr") == 0) continue;
      for (const ParamStep& step : groups[g]) {
        const at::Tensor grad = Penalized(step, factor, 0);
        square += SumOf(grad * grad);
      }
    }
    // Without a gradient there is nothing to go by yet.
    if (square == 0) return;
    SetOption("g0_norm", std::sqrt(square));
  }
  const double rate = first().real("d") * lr / first().real("g0_norm");
  double numerator = first().real("numerator_weighted");
  double square = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    for (ParamStep& step : groups[g]) {
      auto& state = step.state->tensors;
      if (param_groups()[g].real("lr") == 0) continue;
      const at::Tensor grad = Penalized(step, factor, decay);
      numerator += rate * Dot(grad, state[kS]);
      state[kS].add_(grad, rate);
      square += SumOf(state[kS] * state[kS]);
    }
  }
  if (square == 0) return;
  if (lr > 0) SetOption("d", Grown(2 * numerator / std::sqrt(square)));
  SetOption("numerator_weighted", numerator);
  for (auto& params : groups) {
    for (ParamStep& step : params) {
      auto& state = step.state->tensors;
      state[kZ].copy_(state[kX0] - state[kS]);
      at::Tensor param = *step.param;
      param.mul_(momentum).add_(state[kZ], 1 - momentum);
    }
  }
  CountStep();
}

class DAdaptAdaGrad : public DAdaptation {
 public:
  using Config = DAdaptAdaGradConfig;

  static absl::StatusOr<std::unique_ptr<DAdaptAdaGrad>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckPositive(OptionsOf(config), "lr"));
    std::unique_ptr<DAdaptAdaGrad> optimizer(new DAdaptAdaGrad(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "DAdaptAdaGrad"; }
  void StepGroups(std::vector<std::vector<ParamStep>>& groups,
                  double grad_factor) override;

 private:
  explicit DAdaptAdaGrad(const Config& config)
      : DAdaptation(Defaults(config, {"gsq_weighted", "sksq_weighted", "skl1"}),
                    {{"alphak", StateField::kTensor,
                      [](const ParamGroup&) { return 1e-6; }},
                     {"sk", StateField::kTensor},
                     {"x0", StateField::kTensor}}) {}
};

void DAdaptAdaGrad::StepGroups(std::vector<std::vector<ParamStep>>& groups,
                               double factor) {
  enum { kAlpha, kS, kX0 };
  const double lr = first().real("lr");
  const double momentum = first().real("momentum");
  const double rate = first().real("d") * lr;
  double grad_square = 0;
  double weighted_change = 0;
  double norm_change = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    const ParamGroup& group = param_groups()[g];
    for (ParamStep& step : groups[g]) {
      auto& state = step.state->tensors;
      if (step.is_first) state[kX0].copy_(*step.param);
      const at::Tensor& s = state[kS];
      auto root = [&] { return state[kAlpha].sqrt().add_(group.real("eps")); };
      const at::Tensor grad =
          Penalized(step, factor, group.real("weight_decay"));
      weighted_change -= SumOf(s * s / root());
      norm_change -= SumOf(s.abs());
      state[kAlpha].add_(grad * grad);
      grad_square += SumOf(grad * grad / root());
      s.add_(grad, rate);
      weighted_change += SumOf(s * s / root());
      norm_change += SumOf(s.abs());
    }
  }
  const double weighted = first().real("sksq_weighted") + weighted_change;
  const double norm = first().real("skl1") + norm_change;
  if (norm == 0) return;
  const double gradients =
      first().real("gsq_weighted") + rate * rate * grad_square;
  if (lr > 0) SetOption("d", Grown((weighted - gradients) / norm));
  SetOption("gsq_weighted", gradients);
  SetOption("skl1", norm);
  SetOption("sksq_weighted", weighted);
  for (size_t g = 0; g < groups.size(); ++g) {
    for (ParamStep& step : groups[g]) {
      auto& state = step.state->tensors;
      const at::Tensor z =
          state[kX0] -
          state[kS] / state[kAlpha].sqrt().add_(param_groups()[g].real("eps"));
      at::Tensor param = *step.param;
      param.mul_(momentum).add_(z, 1 - momentum);
    }
  }
  CountStep();
}

ANNEAL_REGISTER(Optimizer, DAdaptAdaGrad);
ANNEAL_REGISTER(Optimizer, DAdaptAdam);
ANNEAL_REGISTER(Optimizer, DAdaptSGD);

}  // namespace
}  // namespace anneal
