// LinearLR and LinearMomentum.

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/chained_scheduler.h"
#include "optim/linear.pb.h"

namespace anneal {
namespace {

// From start_factor * value to end_factor * value in equal steps.
class LinearSchedule : public Schedule {
 public:
  LinearSchedule(double start_factor, double end_factor, int64_t total_steps)
      : start_factor_(start_factor),
        end_factor_(end_factor),
        total_steps_(total_steps) {}

  double Next(int64_t step, double current, double) const override {
    if (step == 0) return current * start_factor_;
    return current * (1. + (end_factor_ - start_factor_) /
                               (total_steps_ * start_factor_ +
                                (step - 1) * (end_factor_ - start_factor_)));
  }

 private:
  double start_factor_;
  double end_factor_;
  int64_t total_steps_;
};

template <typename Config>
absl::StatusOr<std::unique_ptr<Schedule>> MakeLinearSchedule(
    const Config& config, const ChainedScheduler::Span& span) {
  const double start = config.start_factor();
  const double end = config.end_factor();
  if (!(start > 0 && start <= 1 && end >= 0 && end <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("param_scheduler: start_factor ", start,
                     " must be in (0, 1] and "
                     "end_factor ",
                     end, " in [0, 1]"));
  }
  return std::make_unique<LinearSchedule>(start, end,
                                          span.end - span.begin - 1);
}

class LinearLR : public ChainedScheduler {
 public:
  using Config = LinearLRConfig;
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      const Config& config, Optimizer* optimizer,
      const ScheduleLengths& lengths) {
    return CreateChained(config, "lr", optimizer, lengths,
                         MakeLinearSchedule<Config>);
  }
};
ANNEAL_REGISTER(ParamScheduler, LinearLR);

class LinearMomentum : public ChainedScheduler {
 public:
  using Config = LinearMomentumConfig;
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      const Config& config, Optimizer* optimizer,
      const ScheduleLengths& lengths) {
    return CreateChained(config, "momentum", optimizer, lengths,
                         MakeLinearSchedule<Config>);
  }
};
ANNEAL_REGISTER(ParamScheduler, LinearMomentum);

}  // namespace
}  // namespace anneal
