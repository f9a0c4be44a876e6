#include "optim/adamax.h"

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
  double eps;
  double rate;

  template <typename V>
  void operator()(V& param, const V& grad, V& exp_avg, V& exp_inf) const {
    const V g = penalty == 0 ? grad : grad + param * penalty;
    exp_avg = Lerp(exp_avg, g, 1 - beta1);
    exp_inf = Maximum(exp_inf * beta2, Abs(g) + eps);
    param = param - exp_avg / exp_inf * rate;
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Adamax>> Adamax::Create(
    Config config, std::vector<ParamGroup> groups) {
  SetDefault({0.9, 0.999}, config.mutable_betas());
  std::unique_ptr<Adamax> optimizer(new Adamax(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

Adamax::Adamax(const Config& config)
    : PerParamOptimizer(OptionsOf(config), {{"step", StateField::kStep},
                                            {"exp_avg", StateField::kTensor},
                                            {"exp_inf", StateField::kTensor}}) {
}

absl::Status Adamax::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
  return CheckBetas(options);
}

void Adamax::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                       double grad_factor) {
  UpdateElementwise(params, std::array<int, 2>{0, 1},
                    group.flag("maximize") ? -grad_factor : grad_factor,
                    [&](const ParamStep& step) {
                      Rule rule;
                      rule.beta1 = group.beta(0);
                      rule.beta2 = group.beta(1);
                      rule.penalty = group.real("weight_decay");
                      rule.eps = group.real("eps");
                      rule.rate = group.real("lr") /
                                  (1 - std::pow(rule.beta1, step.state->step));
                      return rule;
                    });
}

ANNEAL_REGISTER(Optimizer, Adamax);

}  // namespace anneal
