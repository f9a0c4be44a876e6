// MultiStepLR, MultiStepMomentum and MultiStepParamScheduler.

#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/schedulers/multi_step_configs.pb.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// gamma * value at each milestone.
class MultiStepSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    int64_t last = 0;
    std::map<int64_t, int> milestones;
    for (const int64_t milestone : config.milestones()) {
      if (milestone < last) {
        return absl::InvalidArgumentError(absl::StrCat(
            "milestones has ", milestone, " after ", last,
            "; they must not be negative and stand in ascending order"));
      }
      last = milestone;
      ASSIGN_OR_RETURN(const int64_t step,
                       context.Scaled("milestones", milestone));
      ++milestones[step];
    }
    RETURN_IF_ERROR(CheckFieldNotNegative("gamma", config.gamma()));
    return std::make_unique<MultiStepSchedule>(std::move(milestones),
                                               config.gamma());
  }

  MultiStepSchedule(std::map<int64_t, int> milestones, double gamma)
      : milestones_(std::move(milestones)), gamma_(gamma) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    const auto it = milestones_.find(step);
    if (it == milestones_.end()) return value.current;
    return value.current * std::pow(gamma_, it->second);
  }

 private:
  std::map<int64_t, int> milestones_;  // step -> how often it is listed
  double gamma_;
};

using MultiStepLR = SchedulerOf<MultiStepSchedule, MultiStepLRConfig, kLR>;
using MultiStepMomentum =
    SchedulerOf<MultiStepSchedule, MultiStepMomentumConfig, kMomentum>;
using MultiStepParamScheduler =
    SchedulerOf<MultiStepSchedule, MultiStepParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, MultiStepLR);
ANNEAL_REGISTER(ParamScheduler, MultiStepMomentum);
ANNEAL_REGISTER(ParamScheduler, MultiStepParamScheduler);

}  // namespace
}  // namespace anneal
