#include "optim/rprop.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/elementwise.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Rule {
  double eta_minus;
  double eta_plus;
  double least;
  double largest;

  template <typename V>
  void operator()(V& param, const V& grad, V& prev, V& step_size) const {
    const V change = grad * prev;
    step_size = Clamp(step_size * BySign(change, eta_plus, eta_minus, 1), least,
                      largest);
    // Where the sign changed, no step and none to compare the next with.
    prev = grad * BySign(change, 1, 0, 1);
    param = param - Sign(prev) * step_size;
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Rprop>> Rprop::Create(
    Config config, std::vector<ParamGroup> groups) {
  SetDefault({0.5, 1.2}, config.mutable_etas());
  SetDefault({1e-6, 50}, config.mutable_step_sizes());
  std::unique_ptr<Rprop> optimizer(new Rprop(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

Rprop::Rprop(const Config& config)
    : PerParamOptimizer(
          OptionsOf(config),
          {{"step", StateField::kStep},
           {"prev", StateField::kTensor},
           {"step_size", StateField::kTensor,
            [](const ParamGroup& group) { return group.real("lr"); }}}) {}

absl::Status Rprop::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, "lr"));
  RETURN_IF_ERROR(CheckReals(options, "etas", 2));
  RETURN_IF_ERROR(CheckReals(options, "step_sizes", 2));
  const Value::List& etas = *options.Find("etas")->get_if<Value::List>();
  const double minus = *etas[0].AsReal("etas");
  const double plus = *etas[1].AsReal("etas");
  const Value::List& sizes = *options.Find("step_sizes")->get_if<Value::List>();
  const double least = *sizes[0].AsReal("step_sizes");
  const double most = *sizes[1].AsReal("step_sizes");
  if (!(0 < least && least <= most)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "step_sizes are ", least, " and ", most,
        "; the first must be above 0, the second not below the first"));
  }
  if (0 < minus && minus < 1 && 1 < plus) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("etas are ", minus, " and ", plus,
                   "; the first must be in (0, 1), the second above 1"));
}

void Rprop::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                      double grad_factor) {
  const Rule rule{group.item("etas", 0), group.item("etas", 1),
                  group.item("step_sizes", 0), group.item("step_sizes", 1)};
  UpdateElementwise(params, std::array<int, 2>{0, 1},
                    group.flag("maximize") ? -grad_factor : grad_factor,
                    [&](const ParamStep&) { return rule; });
}

ANNEAL_REGISTER(Optimizer, Rprop);

}  // namespace anneal
