// PolyLR, PolyMomentum and PolyParamScheduler.

#include <cmath>
#include <memory>

#include "optim/schedulers/poly_configs.pb.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// eta_min + (value - eta_min) * (1 - t)^power, t from 0 to 1 over the span.
class PolySchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    RETURN_IF_ERROR(CheckFieldNotNegative("eta_min", config.eta_min()));
    RETURN_IF_ERROR(CheckFieldNotNegative("power", config.power()));
    return std::make_unique<PolySchedule>(config.eta_min(), config.power(),
                                          context.total_steps() - 1);
  }

  PolySchedule(double eta_min, double power, int64_t last)
      : eta_min_(eta_min), power_(power), last_(last) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    // Behind the span's end, where last_step may lead, it stays.
    if (step == 0 || step > last_) return value.current;
    const double base = 1 - 1 / static_cast<double>(last_ - step + 1);
    return (value.current - eta_min_) * std::pow(base, power_) + eta_min_;
  }

 private:
  double eta_min_;
  double power_;
  int64_t last_;
};

using PolyLR = SchedulerOf<PolySchedule, PolyLRConfig, kLR>;
using PolyMomentum = SchedulerOf<PolySchedule, PolyMomentumConfig, kMomentum>;
using PolyParamScheduler = SchedulerOf<PolySchedule, PolyParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, PolyLR);
ANNEAL_REGISTER(ParamScheduler, PolyMomentum);
ANNEAL_REGISTER(ParamScheduler, PolyParamScheduler);

}  // namespace
}  // namespace anneal
