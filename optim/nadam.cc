#include "optim/nadam.h"

#include <array>
#include <cmath>
#include <cstdint>
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
  double inverse_correction2;
  double eps;
  double grad_rate;
  double mean_rate;

  template <typename V>
  void operator()(V& param, const V& grad, V& exp_avg, V& exp_avg_sq) const {
    const V g = penalty == 0 ? grad : grad + param * penalty;
    if (shrink != 1) param = param * shrink;
    exp_avg = Lerp(exp_avg, g, 1 - beta1);
    exp_avg_sq = exp_avg_sq * beta2 + g * g * (1 - beta2);
    const V denominator = Sqrt(exp_avg_sq * inverse_correction2) + eps;
    param = param - g / denominator * grad_rate;
    param = param - exp_avg / denominator * mean_rate;
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<NAdam>> NAdam::Create(
    Config config, std::vector<ParamGroup> groups) {
  SetDefault({0.9, 0.999}, config.mutable_betas());
  std::unique_ptr<NAdam> optimizer(new NAdam(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

NAdam::NAdam(const Config& config)
    : PerParamOptimizer(OptionsOf(config),
                        {{"step", StateField::kStep},
                         {"mu_product", StateField::kNumber,
                          [](const ParamGroup&) { return 1.0; }},
                         {"exp_avg", StateField::kTensor},
                         {"exp_avg_sq", StateField::kTensor}}) {}

absl::Status NAdam::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(
      options, {"lr", "eps", "weight_decay", "momentum_decay"}));
  return CheckBetas(options);
}

void NAdam::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                      double grad_factor) {
  const double lr = group.real("lr");
  const double beta1 = group.beta(0);
  const double beta2 = group.beta(1);
  const double decay = group.real("weight_decay");
  const double momentum_decay = group.real("momentum_decay");
  const bool is_decoupled = group.flag("decoupled_weight_decay");
  auto momentum = [&](int64_t step) {
    return beta1 * (1 - 0.5 * std::pow(0.96, step * momentum_decay));
  };
  UpdateElementwise(params, std::array<int, 2>{0, 1},
                    group.flag("maximize") ? -grad_factor : grad_factor,
                    [&](const ParamStep& step) {
                      const int64_t t = step.state->step;
                      const double mu = momentum(t);
                      const double next = momentum(t + 1);
                      float& product = step.state->numbers[0];
                      product *= static_cast<float>(mu);
                      const double so_far = product;
                      Rule rule;
                      rule.beta1 = beta1;
                      rule.beta2 = beta2;
                      rule.penalty = is_decoupled ? 0 : decay;
                      rule.shrink = is_decoupled ? 1 - lr * decay : 1;
                      rule.inverse_correction2 = 1 / (1 - std::pow(beta2, t));
                      rule.eps = group.real("eps");
                      rule.grad_rate = lr * (1 - mu) / (1 - so_far);
                      rule.mean_rate = lr * next / (1 - so_far * next);
                      return rule;
                    });
}

ANNEAL_REGISTER(Optimizer, NAdam);

}  // namespace anneal
