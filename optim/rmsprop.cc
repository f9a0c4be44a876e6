#include "optim/rmsprop.h"

#include <array>
#include <tuple>
#include <utility>

#include "optim/elementwise.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Options {
  double alpha;
  double penalty;
  double eps;
  double rate;
  double momentum;
};

// The tensors are square_avg, then momentum_buffer and grad_avg where used.
template <bool kHasMomentum, bool kIsCentered>
struct Rule {
  Options options;

  template <typename V, typename... Tensors>
  void operator()(V& param, const V& grad, V& square_avg,
                  Tensors&... tensors) const {
    const double alpha = options.alpha;
    const V g = options.penalty == 0 ? grad : grad + param * options.penalty;
    square_avg = square_avg * alpha + g * g * (1 - alpha);
    V variance = square_avg;
    if constexpr (kIsCentered) {
      V& mean = std::get<sizeof...(tensors) - 1>(std::tie(tensors...));
      mean = Lerp(mean, g, 1 - alpha);
      variance = square_avg - mean * mean;
    }
    const V step = g / (Sqrt(variance) + options.eps);
    if constexpr (kHasMomentum) {
      V& buffer = std::get<0>(std::tie(tensors...));
      buffer = buffer * options.momentum + step;
      param = param - buffer * options.rate;
    } else {
      param = param - step * options.rate;
    }
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<RMSprop>> RMSprop::Create(
    Config config, std::vector<ParamGroup> groups) {
  std::unique_ptr<RMSprop> optimizer(new RMSprop(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

RMSprop::RMSprop(const Config& config)
    : PerParamOptimizer(
          OptionsOf(config),
          {{"step", StateField::kStep},
           {"square_avg", StateField::kTensor},
           {"momentum_buffer", StateField::kTensor, nullptr,
            [](const ParamGroup& group) { return group.real("momentum") > 0; }},
           {"grad_avg", StateField::kTensor, nullptr,
            [](const ParamGroup& group) { return group.flag("centered"); }}}) {}

absl::Status RMSprop::ValidateOptions(const Dict& options) const {
  return CheckNotNegative(options,
                          {"lr", "momentum", "alpha", "eps", "weight_decay"});
}

void RMSprop::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                        double grad_factor) {
  const double factor = group.flag("maximize") ? -grad_factor : grad_factor;
  const Options options{group.real("alpha"), group.real("weight_decay"),
                        group.real("eps"), group.real("lr"),
                        group.real("momentum")};
  auto run = [&](auto tensors, auto rule) {
    UpdateElementwise(params, tensors, factor,
                      [&](const ParamStep&) { return rule; });
  };
  const bool is_centered = group.flag("centered");
  if (options.momentum > 0 && is_centered) {
    run(std::array<int, 3>{0, 1, 2}, Rule<true, true>{options});
  } else if (options.momentum > 0) {
    run(std::array<int, 2>{0, 1}, Rule<true, false>{options});
  } else if (is_centered) {
    run(std::array<int, 2>{0, 2}, Rule<false, true>{options});
  } else {
    run(std::array<int, 1>{0}, Rule<false, false>{options});
  }
}

ANNEAL_REGISTER(Optimizer, RMSprop);

}  // namespace anneal
