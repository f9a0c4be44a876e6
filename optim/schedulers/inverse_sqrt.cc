// InverseSqrtLR, InverseSqrtMomentum and InverseSqrtParamScheduler.

#include <cmath>
#include <memory>

#include "optim/schedulers/inverse_sqrt_configs.pb.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// A straight line from 0 to the initial value, then that value over
// sqrt(1 + t / timescale) (Vaswani et al.: Attention Is All You Need, 2017,
// where the timescale is the warm-up). It looks at no other value.
class InverseSqrtSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    const int64_t warmup = config.warmup_steps();
    RETURN_IF_ERROR(
        CheckField(warmup >= 0, "warmup_steps", warmup, "not negative"));
    const int64_t timescale = config.has_timescale() ? config.timescale()
                              : warmup > 0           ? warmup
                                                     : 10000;
    RETURN_IF_ERROR(
        CheckField(timescale >= 1, "timescale", timescale, "at least 1"));
    ASSIGN_OR_RETURN(const int64_t scaled_warmup,
                     context.Scaled("warmup_steps", warmup));
    ASSIGN_OR_RETURN(const int64_t scaled_timescale,
                     context.Scaled("timescale", timescale));
    return std::make_unique<InverseSqrtSchedule>(scaled_warmup,
                                                 scaled_timescale);
  }

  InverseSqrtSchedule(int64_t warmup, double timescale)
      : warmup_(warmup), timescale_(timescale) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    if (step < warmup_) {
      return value.initial * (step / static_cast<double>(warmup_));
    }
    return value.initial / std::sqrt(1 + (step - warmup_) / timescale_);
  }

 private:
  int64_t warmup_;
  double timescale_;
};

using InverseSqrtLR =
    SchedulerOf<InverseSqrtSchedule, InverseSqrtLRConfig, kLR>;
using InverseSqrtMomentum =
    SchedulerOf<InverseSqrtSchedule, InverseSqrtMomentumConfig, kMomentum>;
using InverseSqrtParamScheduler =
    SchedulerOf<InverseSqrtSchedule, InverseSqrtParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, InverseSqrtLR);
ANNEAL_REGISTER(ParamScheduler, InverseSqrtMomentum);
ANNEAL_REGISTER(ParamScheduler, InverseSqrtParamScheduler);

}  // namespace
}  // namespace anneal
