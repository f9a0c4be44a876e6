#include "optim/adam.h"

#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/elementwise.h"
#include "optim/fused_kernels.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// An option that some classes of the family lack.
bool FlagOr(const ParamGroup& group, absl::string_view option, bool fallback) {
  return group.options.Find(option) ? group.flag(option) : fallback;
}

bool HasAmsgrad(const ParamGroup& group) {
  return FlagOr(group, "amsgrad", false);
}

struct Rule {
  double beta1;
  double beta2;
  double penalty;
  double shrink;  // what the weights decay by
  double inverse_root2;
  double eps;
  double rate;

  // `max_exp_avg_sq`: one tensor with amsgrad, else none.
  template <typename V, typename... Max>
  void operator()(V& param, const V& grad, V& exp_avg, V& exp_avg_sq,
                  Max&... max_exp_avg_sq) const {
    const V g = penalty == 0 ? grad : grad + param * penalty;
    if (shrink != 1) param = param * shrink;
    exp_avg = Lerp(exp_avg, g, 1 - beta1);
    exp_avg_sq = exp_avg_sq * beta2 + g * g * (1 - beta2);
    ((max_exp_avg_sq = Maximum(max_exp_avg_sq, exp_avg_sq)), ...);
    const V& square = std::get<sizeof...(max_exp_avg_sq)>(
        std::tie(exp_avg_sq, max_exp_avg_sq...));
    param = param - exp_avg / (Sqrt(square) * inverse_root2 + eps) * rate;
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Adam>> Adam::Create(
    Config config, std::vector<ParamGroup> groups) {
  SetDefault({0.9, 0.999}, config.mutable_betas());
  std::unique_ptr<Adam> adam(new Adam(OptionsOf(config)));
  RETURN_IF_ERROR(adam->AddParamGroups(std::move(groups)));
  return adam;
}

Adam::Adam(Dict defaults)
    : PerParamOptimizer(
          std::move(defaults),
          {{"step", StateField::kStep},
           {"exp_avg", StateField::kTensor},
           {"exp_avg_sq", StateField::kTensor},
           {"max_exp_avg_sq", StateField::kTensor, nullptr, HasAmsgrad}}) {}

absl::string_view Adam::state_type() const {
  return *defaults().Find("decoupled_weight_decay")->get_if<bool>() ? "AdamW"
                                                                    : "Adam";
}

absl::Status Adam::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
  RETURN_IF_ERROR(CheckBetas(options));
  constexpr char kDecoupled[] = "decoupled_weight_decay";
  ASSIGN_OR_RETURN(const bool given, options.Find(kDecoupled)->AsBool(""));
  ASSIGN_OR_RETURN(const bool own, defaults().Find(kDecoupled)->AsBool(""));
  if (given == own) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(kDecoupled, " is ", given ? "true" : "false", ", so ",
                   given ? "AdamW" : "Adam", " is meant; this is ", type_name(),
                   own ? " with decoupled decay" : ""));
}

void Adam::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                     double grad_factor) {
  const double lr = group.real("lr");
  const double beta1 = group.beta(0);
  const double beta2 = group.beta(1);
  const double decay = group.real("weight_decay");
  const bool is_decoupled = group.flag("decoupled_weight_decay");
  const bool corrects_bias = FlagOr(group, "bias_correction", true);
  const bool maximize = FlagOr(group, "maximize", false);
  const double factor = maximize ? -grad_factor : grad_factor;
  if (corrects_bias) {
    StepFusedAdam(group, TakeFused(&params), grad_factor, is_decoupled,
                  HasAmsgrad(group), maximize);
  }
  auto make_rule = [&](const ParamStep& step) {
    Rule rule;
    rule.beta1 = beta1;
    rule.beta2 = beta2;
    rule.penalty = is_decoupled ? 0 : decay;
    rule.shrink = is_decoupled ? 1 - lr * decay : 1;
    rule.inverse_root2 = 1;
    rule.eps = group.real("eps");
    rule.rate = lr;
    if (corrects_bias) {
      rule.inverse_root2 /= std::sqrt(1 - std::pow(beta2, step.state->step));
      rule.rate /= 1 - std::pow(beta1, step.state->step);
    }
    return rule;
  };
  if (HasAmsgrad(group)) {
    UpdateElementwise(params, std::array<int, 3>{0, 1, 2}, factor, make_rule);
  } else {
    UpdateElementwise(params, std::array<int, 2>{0, 1}, factor, make_rule);
  }
}

ANNEAL_REGISTER(Optimizer, Adam);

}  // namespace anneal
