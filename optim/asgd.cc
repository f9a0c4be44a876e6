#include "optim/asgd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "optim/elementwise.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Rule {
  double penalty;
  double shrink;  // what the weights decay by
  double rate;
  double mean_weight;

  template <typename V>
  void operator()(V& param, const V& grad, V& mean) const {
    const V g = penalty == 0 ? grad : grad + param * penalty;
    param = param * shrink - g * rate;
    mean = mean_weight == 1 ? param : Lerp(mean, param, mean_weight);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<ASGD>> ASGD::Create(
    Config config, std::vector<ParamGroup> groups) {
  std::unique_ptr<ASGD> optimizer(new ASGD(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

ASGD::ASGD(const Config& config)
    : PerParamOptimizer(
          OptionsOf(config),
          {{"step", StateField::kStep},
           {"eta", StateField::kNumber,
            [](const ParamGroup& group) { return group.real("lr"); }},
           {"mu", StateField::kNumber, [](const ParamGroup&) { return 1.0; }},
           {"ax", StateField::kTensor}}) {}

absl::Status ASGD::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "weight_decay"}));
  for (const char* name : {"lambd", "alpha", "t0"}) {
    RETURN_IF_ERROR(CheckFinite(options, name));
  }
  return absl::OkStatus();
}

void ASGD::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                     double grad_factor) {
  const double lr = group.real("lr");
  const double lambd = group.real("lambd");
  UpdateElementwise(
      params, std::array<int, 1>{0},
      group.flag("maximize") ? -grad_factor : grad_factor,
      [&](const ParamStep& step) {
        float& eta = step.state->numbers[0];
        float& mu = step.state->numbers[1];
        const Rule rule{group.real("weight_decay"), 1 - lambd * eta, eta, mu};
        const double t = step.state->step;
        eta = lr / std::pow(1 + lambd * lr * t, group.real("alpha"));
        mu = 1 / std::max(1.0, t - group.real("t0"));
        return rule;
      });
}

ANNEAL_REGISTER(Optimizer, ASGD);

}  // namespace anneal
