// ConstantLR, ConstantMomentum and ConstantParamScheduler.

#include <memory>

#include "optim/schedulers/constant_configs.pb.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// factor * value from begin on; at the last step of the span, value again.
class ConstantSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    const double factor = config.factor();
    RETURN_IF_ERROR(
        CheckField(factor > 0 && factor <= 1, "factor", factor, "in (0, 1]"));
    return std::make_unique<ConstantSchedule>(factor,
                                              context.total_steps() - 1);
  }

  ConstantSchedule(double factor, int64_t last)
      : factor_(factor), last_(last) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    if (step == 0) return value.current * factor_;
    return step == last_ ? value.current * (1.0 / factor_) : value.current;
  }

 private:
  double factor_;
  int64_t last_;
};

using ConstantLR = SchedulerOf<ConstantSchedule, ConstantLRConfig, kLR>;
using ConstantMomentum =
    SchedulerOf<ConstantSchedule, ConstantMomentumConfig, kMomentum>;
using ConstantParamScheduler =
    SchedulerOf<ConstantSchedule, ConstantParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, ConstantLR);
ANNEAL_REGISTER(ParamScheduler, ConstantMomentum);
ANNEAL_REGISTER(ParamScheduler, ConstantParamScheduler);

}  // namespace
}  // namespace anneal
