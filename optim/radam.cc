#include "optim/radam.h"

#include <array>
#include <cmath>
#include <utility>

#include "optim/elementwise.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Rule {
  double beta1;
  double beta2;
  double penalty;
  double shrink;  // what the weights decay by
  double eps;
  bool is_adaptive;
  double rate;

  template <typename V>
  void operator()(V& param, const V& grad, V& exp_avg, V& exp_avg_sq) const {
    const V g = penalty == 0 ? grad : grad + param * penalty;
    if (shrink != 1) param = param * shrink;
    exp_avg = Lerp(exp_avg, g, 1 - beta1);
    exp_avg_sq = exp_avg_sq * beta2 + g * g * (1 - beta2);
    if (is_adaptive) {
      param = param - exp_avg / (Sqrt(exp_avg_sq) + eps) * rate;
    } else {
      param = param - exp_avg * rate;
    }
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<RAdam>> RAdam::Create(
    Config config, std::vector<ParamGroup> groups) {
  SetDefault({0.9, 0.999}, config.mutable_betas());
  std::unique_ptr<RAdam> optimizer(new RAdam(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

RAdam::RAdam(const Config& config)
    : PerParamOptimizer(OptionsOf(config),
                        {{"step", StateField::kStep},
                         {"exp_avg", StateField::kTensor},
                         {"exp_avg_sq", StateField::kTensor}}) {}

absl::Status RAdam::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
  return CheckBetas(options);
}

void RAdam::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                      double grad_factor) {
  const double lr = group.real("lr");
  const double beta1 = group.beta(0);
  const double beta2 = group.beta(1);
  const double decay = group.real("weight_decay");
  const bool is_decoupled = group.flag("decoupled_weight_decay");
  UpdateElementwise(
      params, std::array<int, 2>{0, 1},
      group.flag("maximize") ? -grad_factor : grad_factor,
      [&](const ParamStep& step) {
        const double t = step.state->step;
        const double correction1 = 1 - std::pow(beta1, t);
        const double correction2 = 1 - std::pow(beta2, t);
        // The length of the moving average of the squares, at last and now.
        const double rho_inf = 2 / (1 - beta2) - 1;
        const double rho = rho_inf - 2 * t * std::pow(beta2, t) / correction2;
        Rule rule;
        rule.beta1 = beta1;
        rule.beta2 = beta2;
        rule.penalty = is_decoupled ? 0 : decay;
        rule.shrink = is_decoupled ? 1 - lr * decay : 1;
        rule.eps = group.real("eps");
        rule.is_adaptive = rho > 5;
        rule.rate = lr / correction1;
        if (rule.is_adaptive) {
          rule.rate *= std::sqrt(correction2 * (rho - 4) * (rho - 2) * rho_inf /
                                 ((rho_inf - 4) * (rho_inf - 2) * rho));
        }
        return rule;
      });
}

ANNEAL_REGISTER(Optimizer, RAdam);

}  // namespace anneal
