// ConstantLR and ConstantMomentum.

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/chained_scheduler.h"
#include "optim/constant.pb.h"

namespace anneal {
namespace {

// factor * value from begin on; at the last step of the span, value again.
class ConstantSchedule : public Schedule {
 public:
  ConstantSchedule(double factor, int64_t total_steps)
      : factor_(factor), total_steps_(total_steps) {}

  double Next(int64_t step, double current, double) const override {
    if (step == 0) return current * factor_;
    return step == total_steps_ ? current * (1.0 / factor_) : current;
  }

 private:
  double factor_;
  int64_t total_steps_;
};

template <typename Config>
absl::StatusOr<std::unique_ptr<Schedule>> MakeConstantSchedule(
    const Config& config, const ChainedScheduler::Span& span) {
  if (!(config.factor() > 0 && config.factor() <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("param_scheduler.factor is ",
                                                   config.factor(),
                                                   "; it must be in (0, 1]"));
  }
  return std::make_unique<ConstantSchedule>(config.factor(),
                                            span.end - span.begin - 1);
}

class ConstantLR : public ChainedScheduler {
 public:
  using Config = ConstantLRConfig;
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      const Config& config, Optimizer* optimizer,
      const ScheduleLengths& lengths) {
    return CreateChained(config, "lr", optimizer, lengths,
                         MakeConstantSchedule<Config>);
  }
};
ANNEAL_REGISTER(ParamScheduler, ConstantLR);

class ConstantMomentum : public ChainedScheduler {
 public:
  using Config = ConstantMomentumConfig;
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      const Config& config, Optimizer* optimizer,
      const ScheduleLengths& lengths) {
    return CreateChained(config, "momentum", optimizer, lengths,
                         MakeConstantSchedule<Config>);
  }
};
ANNEAL_REGISTER(ParamScheduler, ConstantMomentum);

}  // namespace
}  // namespace anneal
