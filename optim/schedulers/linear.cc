// LinearLR, LinearMomentum and LinearParamScheduler.

#include <memory>

#include "optim/schedulers/linear_configs.pb.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// From start_factor * value to end_factor * value in equal steps.
class LinearSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    const double start = config.start_factor();
    const double end = config.end_factor();
    RETURN_IF_ERROR(CheckField(start > 0 && start <= 1, "start_factor", start,
                               "in (0, 1]"));
    RETURN_IF_ERROR(
        CheckField(end >= 0 && end <= 1, "end_factor", end, "in [0, 1]"));
    return std::make_unique<LinearSchedule>(start, end,
                                            context.total_steps() - 1);
  }

  LinearSchedule(double start_factor, double end_factor, int64_t last)
      : start_factor_(start_factor), end_factor_(end_factor), last_(last) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    if (step == 0) return value.current * start_factor_;
    // Behind the span's end, where last_step may lead, it stays.
    if (step > last_) return value.current;
    return value.current *
           (1. + (end_factor_ - start_factor_) /
                     (last_ * start_factor_ +
                      (step - 1) * (end_factor_ - start_factor_)));
  }

 private:
  double start_factor_;
  double end_factor_;
  int64_t last_;
};

using LinearLR = SchedulerOf<LinearSchedule, LinearLRConfig, kLR>;
using LinearMomentum =
    SchedulerOf<LinearSchedule, LinearMomentumConfig, kMomentum>;
using LinearParamScheduler =
    SchedulerOf<LinearSchedule, LinearParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, LinearLR);
ANNEAL_REGISTER(ParamScheduler, LinearMomentum);
ANNEAL_REGISTER(ParamScheduler, LinearParamScheduler);

}  // namespace
}  // namespace anneal
