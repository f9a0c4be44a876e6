// CyclicLR, CyclicMomentum and CyclicParamScheduler.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "optim/schedulers/cyclic_configs.pb.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// The ends of the range and whether the value starts at the upper one.
struct Range {
  std::vector<double> base;
  std::vector<double> max;
  bool is_falling;
};
using Reals = google::protobuf::RepeatedField<double>;
Range MakeRange(const Reals& base, const Reals& max, bool is_falling) {
  return {{base.begin(), base.end()}, {max.begin(), max.end()}, is_falling};
}
Range RangeOf(const CyclicLRConfig& config) {
  return MakeRange(config.base_lr(), config.max_lr(), false);
}
Range RangeOf(const CyclicMomentumConfig& config) {
  return MakeRange(config.base_momentum(), config.max_momentum(), true);
}
Range RangeOf(const CyclicParamSchedulerConfig& config) {
  return MakeRange(config.base_value(), config.max_value(), false);
}

// torch's CyclicLR (Smith: Cyclical Learning Rates, 2017): up and down a range
// in straight lines. It looks at no other value.
class CyclicSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    Range range = RangeOf(config);
    RETURN_IF_ERROR(CheckRange(range, context));
    RETURN_IF_ERROR(CheckField(config.step_size_up() >= 1, "step_size_up",
                               config.step_size_up(), "at least 1"));
    const int64_t down = config.has_step_size_down() ? config.step_size_down()
                                                     : config.step_size_up();
    RETURN_IF_ERROR(
        CheckField(down >= 1, "step_size_down", down, "at least 1"));
    RETURN_IF_ERROR(CheckFieldNotNegative("gamma", config.gamma()));
    const std::string& mode = config.mode();
    if (mode != "triangular" && mode != "triangular2" && mode != "exp_range") {
      return absl::InvalidArgumentError(
          absl::StrCat("mode is \"", mode,
                       "\"; it must be triangular, triangular2 or exp_range"));
    }
    auto schedule = std::make_unique<CyclicSchedule>();
    schedule->range_ = std::move(range);
    ASSIGN_OR_RETURN(schedule->up_,
                     context.Scaled("step_size_up", config.step_size_up()));
    ASSIGN_OR_RETURN(const int64_t scaled_down,
                     context.Scaled("step_size_down", down));
    schedule->total_ = schedule->up_ + scaled_down;
    schedule->is_halving_ = mode == "triangular2";
    schedule->gamma_ = mode == "exp_range" ? config.gamma() : 1;
    return schedule;
  }

  double Next(int64_t step, const ScheduledValue& value) const override {
    const double up = up_ / total_;
    const double cycle = std::floor(1 + step / total_);
    const double x = 1.0 + step / total_ - cycle;
    const double part = x <= up ? x / up : (x - 1) / (up - 1);
    const double scale =
        is_halving_ ? 1 / std::pow(2.0, cycle - 1) : std::pow(gamma_, step);
    const double base = Of(range_.base, value.group);
    const double max = Of(range_.max, value.group);
    const double height = (max - base) * part * scale;
    return range_.is_falling ? max - height : base + height;
  }

 private:
  static absl::Status CheckRange(const Range& range,
                                 const ScheduleContext& context) {
    RETURN_IF_ERROR(CheckOnePerGroup("base", range.base.size(), context));
    RETURN_IF_ERROR(CheckOnePerGroup("max", range.max.size(), context));
    for (size_t i = 0; i < context.num_groups; ++i) {
      const double base = Of(range.base, i);
      const double max = Of(range.max, i);
      RETURN_IF_ERROR(CheckFieldNotNegative("base", base));
      RETURN_IF_ERROR(CheckField(max >= base && std::isfinite(max), "max", max,
                                 absl::StrCat("finite and at least ", base)));
    }
    return absl::OkStatus();
  }

  static double Of(const std::vector<double>& values, size_t group) {
    return values[std::min(group, values.size() - 1)];
  }

  Range range_;
  double up_ = 0;
  double total_ = 0;
  bool is_halving_ = false;
  double gamma_ = 1;
};

using CyclicLR = SchedulerOf<CyclicSchedule, CyclicLRConfig, kLR>;
using CyclicMomentum =
    SchedulerOf<CyclicSchedule, CyclicMomentumConfig, kMomentum>;
using CyclicParamScheduler =
    SchedulerOf<CyclicSchedule, CyclicParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, CyclicLR);
ANNEAL_REGISTER(ParamScheduler, CyclicMomentum);
ANNEAL_REGISTER(ParamScheduler, CyclicParamScheduler);

}  // namespace
}  // namespace anneal
