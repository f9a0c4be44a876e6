// ExponentialLR, ExponentialMomentum and ExponentialParamScheduler.

#include <memory>

#include "optim/schedulers/exponential_configs.pb.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// gamma * value at each step.
class ExponentialSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext&) {
    RETURN_IF_ERROR(CheckFieldNotNegative("gamma", config.gamma()));
    return std::make_unique<ExponentialSchedule>(config.gamma());
  }

  explicit ExponentialSchedule(double gamma) : gamma_(gamma) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    return step == 0 ? value.current : value.current * gamma_;
  }

 private:
  double gamma_;
};

using ExponentialLR =
    SchedulerOf<ExponentialSchedule, ExponentialLRConfig, kLR>;
using ExponentialMomentum =
    SchedulerOf<ExponentialSchedule, ExponentialMomentumConfig, kMomentum>;
using ExponentialParamScheduler =
    SchedulerOf<ExponentialSchedule, ExponentialParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, ExponentialLR);
ANNEAL_REGISTER(ParamScheduler, ExponentialMomentum);
ANNEAL_REGISTER(ParamScheduler, ExponentialParamScheduler);

}  // namespace
}  // namespace anneal
