// StepLR, StepMomentum and StepParamScheduler.

#include <memory>

#include "optim/schedulers/scheduler_of.h"
#include "optim/schedulers/step_configs.pb.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// gamma * value every step_size steps.
class StepSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    RETURN_IF_ERROR(CheckField(config.step_size() >= 1, "step_size",
                               config.step_size(), "at least 1"));
    RETURN_IF_ERROR(CheckFieldNotNegative("gamma", config.gamma()));
    ASSIGN_OR_RETURN(const int64_t step_size,
                     context.Scaled("step_size", config.step_size()));
    return std::make_unique<StepSchedule>(step_size, config.gamma());
  }

  StepSchedule(int64_t step_size, double gamma)
      : step_size_(step_size), gamma_(gamma) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    const bool is_due = step != 0 && step % step_size_ == 0;
    return is_due ? value.current * gamma_ : value.current;
  }

 private:
  int64_t step_size_;
  double gamma_;
};

using StepLR = SchedulerOf<StepSchedule, StepLRConfig, kLR>;
using StepMomentum = SchedulerOf<StepSchedule, StepMomentumConfig, kMomentum>;
using StepParamScheduler = SchedulerOf<StepSchedule, StepParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, StepLR);
ANNEAL_REGISTER(ParamScheduler, StepMomentum);
ANNEAL_REGISTER(ParamScheduler, StepParamScheduler);

}  // namespace
}  // namespace anneal
