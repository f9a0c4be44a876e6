// From a schedule and a config message to a class that can be registered.
#ifndef ANNEAL_OPTIM_SCHEDULERS_SCHEDULER_OF_H_
#define ANNEAL_OPTIM_SCHEDULERS_SCHEDULER_OF_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/param_scheduler.h"
#include "optim/schedulers/chained_scheduler.h"
#include "optim/schedulers/schedule.h"
#include "optim/schedulers/schedule_context.h"
#include "optim/schedulers/scheduled_param.h"
#include "utils/status_macros.h"

namespace anneal {

// What a class changes; null: what its config's param_name says.
inline constexpr char kLR[] = "lr";
inline constexpr char kMomentum[] = "momentum";

template <const char* kParam, typename Config>
std::string ParamNameOf(const Config& config) {
  if constexpr (kParam == nullptr) {
    return config.param_name();
  } else {
    return kParam;
  }
}

// A scheduler whose values are those of ScheduleType, which has
//
//   template <typename Config>
//   static absl::StatusOr<std::unique_ptr<Schedule>> Create(
//       const Config& config, const ScheduleContext& context);
//
// that checks and takes the fields that are the schedule's own. ConfigType has
// the fields of common_fields.proto too, which scheduler_configs() puts into
// it.
template <typename ScheduleType, typename ConfigType,
          const char* kParam = nullptr>
class SchedulerOf {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<ParamScheduler>> Create(
      const Config& config, std::vector<ParamGroup>* groups,
      const ScheduleLengths& lengths) {
    ASSIGN_OR_RETURN(
        ScheduledParam param,
        ScheduledParam::Create(groups, ParamNameOf<kParam>(config)));
    ASSIGN_OR_RETURN(ScheduleContext context,
                     ScheduleContextOf(config, lengths));
    context.param_name = param.name();
    context.num_groups = groups->size();
    ASSIGN_OR_RETURN(std::unique_ptr<Schedule> schedule,
                     ScheduleType::Create(config, context));
    return ChainedScheduler::Create(std::move(param), context,
                                    std::move(schedule));
  }
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SCHEDULERS_SCHEDULER_OF_H_
