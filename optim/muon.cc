#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "optim/muon.pb.h"
#include "optim/options.h"
#include "optim/per_param_optimizer.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kMatchRms[] = "match_rms_adamw";

// A matrix near the orthogonal one nearest to `gradient`, in bfloat16, by a
// quintic Newton-Schulz iteration.
at::Tensor Orthogonalized(const at::Tensor& gradient, const ParamGroup& group) {
  const double a = group.item("ns_coefficients", 0);
  const double b = group.item("ns_coefficients", 1);
  const double c = group.item("ns_coefficients", 2);
  at::Tensor x = gradient.to(at::kBFloat16, /*non_blocking=*/false,
                             /*copy=*/true);
  const bool is_tall = gradient.size(0) > gradient.size(1);
  if (is_tall) x = x.t();
  x.div_(x.norm().clamp(group.real("eps")));
  const auto steps = static_cast<int64_t>(group.real("ns_steps"));
  for (int64_t i = 0; i < steps; ++i) {
    const at::Tensor gram = x.matmul(x.t());
    const at::Tensor update = gram.addmm(gram, gram, b, c);
    x = x.addmm(update, x, a);
  }
  return is_tall ? x.t() : x;
}

double AdjustedRate(const ParamGroup& group, const at::Tensor& param) {
  const double rows = param.size(0);
  const double columns = param.size(1);
  const Value& rule = *group.options.Find("adjust_lr_fn");
  const bool matches = !rule.is_none() && *rule.AsString("") == kMatchRms;
  return group.real("lr") * (matches
                                 ? 0.2 * std::sqrt(std::max(rows, columns))
                                 : std::sqrt(std::max(1.0, rows / columns)));
}

// torch.optim.Muon (Jordan: Muon: An optimizer for hidden layers in neural
// networks, 2024): momentum whose steps are made orthogonal. For matrices, so
// for hidden layers' weights; all else needs another optimizer.
class Muon : public PerParamOptimizer {
 public:
  using Config = MuonConfig;

  static absl::StatusOr<std::unique_ptr<Muon>> Create(
      Config config, std::vector<ParamGroup> groups) {
    SetDefault({3.4445, -4.7750, 2.0315}, config.mutable_ns_coefficients());
    std::unique_ptr<Muon> optimizer(new Muon(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "Muon"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  absl::Status ValidateGroup(const ParamGroup& group) const override {
    for (size_t i = 0; i < group.params.size(); ++i) {
      if (group.params[i].dim() == 2) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          group.name(i), " has shape [",
          absl::StrJoin(group.params[i].sizes(), ", "),
          "]; Muon takes matrices only, give it to another optimizer"));
    }
    return absl::OkStatus();
  }
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Muon(const Config& config)
      : PerParamOptimizer(OptionsOf(config),
                          {{"momentum_buffer", StateField::kTensor}}) {}
};

absl::Status Muon::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "weight_decay", "eps"}));
  RETURN_IF_ERROR(CheckFraction(options, "momentum"));
  RETURN_IF_ERROR(CheckReals(options, "ns_coefficients", 3));
  ASSIGN_OR_RETURN(const int64_t steps,
                   options.Find("ns_steps")->AsInt("ns_steps"));
  if (steps < 0 || steps > 99) {
    return absl::InvalidArgumentError(
        absl::StrCat("ns_steps is ", steps, "; it must be 0 to 99"));
  }
  const Value& rule = *options.Find("adjust_lr_fn");
  if (rule.is_none()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string name, rule.AsString("adjust_lr_fn"));
  if (name == "original" || name == kMatchRms) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "adjust_lr_fn is ", name, "; it must be original or ", kMatchRms));
}

void Muon::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                     double grad_factor) {
  const double momentum = group.real("momentum");
  for (ParamStep& step : params) {
    at::Tensor& buffer = step.state->tensors[0];
    at::Tensor grad = step.grad->to(buffer.scalar_type());
    if (grad_factor != 1) grad = grad.mul(grad_factor);
    buffer.lerp_(grad, 1 - momentum);
    const at::Tensor update =
        group.flag("nesterov") ? grad.lerp(buffer, momentum) : buffer;
    at::Tensor param = *step.param;
    const at::Tensor direction = Orthogonalized(update, group);
    param.mul_(1 - group.real("lr") * group.real("weight_decay"));
    param.add_(direction, -AdjustedRate(group, param));
  }
}

ANNEAL_REGISTER(Optimizer, Muon);

}  // namespace
}  // namespace anneal
