#include "optim/adadelta.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/elementwise.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Rule {
  double rho;
  double penalty;
  double eps;
  double rate;

  template <typename V>
  void operator()(V& param, const V& grad, V& square_avg, V& acc_delta) const {
    const V g = penalty == 0 ? grad : grad + param * penalty;
    square_avg = square_avg * rho + g * g * (1 - rho);
    const V delta = Sqrt(acc_delta + eps) / Sqrt(square_avg + eps) * g;
    acc_delta = acc_delta * rho + delta * delta * (1 - rho);
    param = param - delta * rate;
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Adadelta>> Adadelta::Create(
    Config config, std::vector<ParamGroup> groups) {
  std::unique_ptr<Adadelta> optimizer(new Adadelta(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

Adadelta::Adadelta(const Config& config)
    : PerParamOptimizer(OptionsOf(config),
                        {{"step", StateField::kStep},
                         {"square_avg", StateField::kTensor},
                         {"acc_delta", StateField::kTensor}}) {}

absl::Status Adadelta::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(
      CheckNotNegative(options, {"lr", "rho", "eps", "weight_decay"}));
  const double rho = *options.Find("rho")->AsReal("rho");
  if (rho <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("rho is ", rho, "; it must be in [0, 1]"));
}

void Adadelta::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                         double grad_factor) {
  const Rule rule{group.real("rho"), group.real("weight_decay"),
                  group.real("eps"), group.real("lr")};
  UpdateElementwise(params, std::array<int, 2>{0, 1},
                    group.flag("maximize") ? -grad_factor : grad_factor,
                    [&](const ParamStep&) { return rule; });
}

ANNEAL_REGISTER(Optimizer, Adadelta);

}  // namespace anneal
