// The scheduler around a schedule.
#ifndef ANNEAL_OPTIM_SCHEDULERS_CHAINED_SCHEDULER_H_
#define ANNEAL_OPTIM_SCHEDULERS_CHAINED_SCHEDULER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "optim/param_scheduler.h"
#include "optim/schedulers/schedule.h"
#include "optim/schedulers/schedule_context.h"
#include "optim/schedulers/scheduled_param.h"

namespace anneal {

// mmengine's way to combine schedulers: each multiplies or adds to what is
// there, within [begin, end) of its epochs or iterations, so any number may be
// chained. A group that is added later joins at the next step, with the value
// it has then as its initial one. A step costs tens of nanoseconds a group.
class ChainedScheduler : public ParamScheduler {
 public:
  // Sets the first value. InvalidArgument where the context's last_step is
  // given and a group has no initial value to go on from.
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      ScheduledParam param, const ScheduleContext& context,
      std::unique_ptr<Schedule> schedule);

  absl::Status Step(const std::map<std::string, double>* metrics) override;
  bool by_epoch() const override { return context_.span.by_epoch; }
  std::string param_name() const override { return param_.name(); }
  absl::optional<StepSpan> span() const override { return context_.span; }
  Value state_dict() const override;
  absl::Status LoadStateDict(const Value& state_dict) override;

 private:
  ChainedScheduler(ScheduledParam param, const ScheduleContext& context,
                   std::unique_ptr<Schedule> schedule);

  void AddGroups();

  ScheduledParam param_;
  ScheduleContext context_;
  std::unique_ptr<Schedule> schedule_;
  // By group.
  std::vector<double> initial_values_;
  int64_t last_step_;
  int64_t global_step_ = -1;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SCHEDULERS_CHAINED_SCHEDULER_H_
