#include "optim/sophia_g.h"

#include <array>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "optim/elementwise.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Rule {
  double beta1;
  double shrink;  // what the weights decay by
  double rate;
  double scale;  // of the Hessian

  template <typename V>
  void operator()(V& param, const V& grad, V& exp_avg, const V& hessian) const {
    param = param * shrink;
    exp_avg = exp_avg * beta1 + grad * (1 - beta1);
    const V ratio = Clamp(Abs(exp_avg) / (hessian * scale + 1e-15), 0, 1);
    param = param - Sign(exp_avg) * ratio * rate;
  }
};

struct HessianRule {
  double beta2;

  template <typename V>
  void operator()(V&, const V& grad, V& hessian) const {
    hessian = hessian * beta2 + grad * grad * (1 - beta2);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<SophiaG>> SophiaG::Create(
    Config config, std::vector<ParamGroup> groups) {
  SetDefault({0.965, 0.99}, config.mutable_betas());
  std::unique_ptr<SophiaG> optimizer(new SophiaG(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

SophiaG::SophiaG(const Config& config)
    : PerParamOptimizer(OptionsOf(config), {{"step", StateField::kStep},
                                            {"exp_avg", StateField::kTensor},
                                            {"hessian", StateField::kTensor}}) {
}

absl::Status SophiaG::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "rho", "weight_decay"}));
  return CheckBetas(options);
}

void SophiaG::UpdateHessian() {
  is_updating_hessian_ = true;
  // Step may throw.
  const auto end = absl::MakeCleanup([this] { is_updating_hessian_ = false; });
  Step();
}

void SophiaG::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                        double grad_factor) {
  if (is_updating_hessian_) {
    // It is no step.
    for (ParamStep& step : params) --step.state->step;
    const HessianRule rule{group.beta(1)};
    UpdateElementwise(params, std::array<int, 1>{1}, grad_factor,
                      [&](const ParamStep&) { return rule; });
    return;
  }
  const double lr = group.real("lr");
  const Rule rule{group.beta(0), 1 - lr * group.real("weight_decay"), lr,
                  group.real("rho") * bs_};
  UpdateElementwise(params, std::array<int, 2>{0, 1},
                    group.flag("maximize") ? -grad_factor : grad_factor,
                    [&](const ParamStep&) { return rule; });
}

ANNEAL_REGISTER(Optimizer, SophiaG);

}  // namespace anneal
