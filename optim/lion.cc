#include "optim/lion.h"

#include <array>
#include <utility>

#include "optim/elementwise.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Rule {
  double beta1;
  double beta2;
  double shrink;  // what the weights decay by
  double rate;

  template <typename V>
  void operator()(V& param, const V& grad, V& exp_avg) const {
    param = param * shrink - Sign(exp_avg * beta1 + grad * (1 - beta1)) * rate;
    exp_avg = exp_avg * beta2 + grad * (1 - beta2);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Lion>> Lion::Create(
    Config config, std::vector<ParamGroup> groups) {
  SetDefault({0.9, 0.99}, config.mutable_betas());
  if (config.lr() == 0) {
    return absl::InvalidArgumentError("lr is 0; Lion needs one above 0");
  }
  std::unique_ptr<Lion> optimizer(new Lion(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

Lion::Lion(const Config& config)
    : PerParamOptimizer(
          OptionsOf(config, {"use_triton", "decoupled_weight_decay"}),
          {{"exp_avg", StateField::kTensor}}),
      is_decoupled_(config.decoupled_weight_decay()) {}

absl::Status Lion::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "weight_decay"}));
  return CheckBetas(options);
}

void Lion::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                     double grad_factor) {
  const double lr = group.real("lr");
  double decay = group.real("weight_decay");
  if (is_decoupled_) decay /= *defaults().Find("lr")->get_if<double>();
  const Rule rule{group.beta(0), group.beta(1), 1 - lr * decay, lr};
  UpdateElementwise(params, std::array<int, 1>{0}, grad_factor,
                    [&](const ParamStep&) { return rule; });
}

ANNEAL_REGISTER(Optimizer, Lion);

}  // namespace anneal
