// CosineAnnealingLR, CosineAnnealingMomentum and CosineAnnealingParamScheduler.

#include <cmath>
#include <memory>

#include "optim/schedulers/cosine_annealing_configs.pb.h"
#include "optim/schedulers/least_value.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Half a cosine from the initial value to the least and, beyond T_max, back
// (Loshchilov, Hutter: SGDR, 2017, without restarts).
class CosineAnnealingSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    ASSIGN_OR_RETURN(const LeastValue least, LeastValueOf(config));
    int64_t t_max = context.total_steps();
    if (config.has_t_max()) {
      ASSIGN_OR_RETURN(t_max, context.Scaled("T_max", config.t_max()));
    }
    RETURN_IF_ERROR(
        CheckField(t_max >= 1, "T_max", config.t_max(), "at least 1"));
    return std::make_unique<CosineAnnealingSchedule>(t_max, least);
  }

  CosineAnnealingSchedule(int64_t t_max, LeastValue least)
      : t_max_(t_max), least_(least) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    if (step == 0) return value.current;
    const double least = least_.Of(value.initial);
    if ((step - 1 - t_max_) % (2 * t_max_) == 0) {
      return value.current +
             (value.initial - least) * (1 - std::cos(M_PI / t_max_)) / 2;
    }
    return (1 + std::cos(M_PI * step / t_max_)) /
               (1 + std::cos(M_PI * (step - 1) / t_max_)) *
               (value.current - least) +
           least;
  }

 private:
  int64_t t_max_;
  LeastValue least_;
};

using CosineAnnealingLR =
    SchedulerOf<CosineAnnealingSchedule, CosineAnnealingLRConfig, kLR>;
using CosineAnnealingMomentum =
    SchedulerOf<CosineAnnealingSchedule, CosineAnnealingMomentumConfig,
                kMomentum>;
using CosineAnnealingParamScheduler =
    SchedulerOf<CosineAnnealingSchedule, CosineAnnealingParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, CosineAnnealingLR);
ANNEAL_REGISTER(ParamScheduler, CosineAnnealingMomentum);
ANNEAL_REGISTER(ParamScheduler, CosineAnnealingParamScheduler);

}  // namespace
}  // namespace anneal
