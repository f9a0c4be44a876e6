#include "optim/schedulers/chained_scheduler.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {

absl::StatusOr<std::unique_ptr<ChainedScheduler>> ChainedScheduler::Create(
    ScheduledParam param, const ScheduleContext& context,
    std::unique_ptr<Schedule> schedule) {
  if (context.last_step >= 0) RETURN_IF_ERROR(param.CheckHasInitial());
  std::unique_ptr<ChainedScheduler> scheduler(
      new ChainedScheduler(std::move(param), context, std::move(schedule)));
  RETURN_IF_ERROR(scheduler->Step(nullptr));
  return scheduler;
}

ChainedScheduler::ChainedScheduler(ScheduledParam param,
                                   const ScheduleContext& context,
                                   std::unique_ptr<Schedule> schedule)
    : param_(std::move(param)),
      context_(context),
      schedule_(std::move(schedule)),
      last_step_(context.last_step) {}

void ChainedScheduler::AddGroups() {
  for (size_t i = initial_values_.size(); i < param_.num_groups(); ++i) {
    ParamGroup& group = param_.group(i);
    if (context_.last_step < 0) schedule_->Prepare(i, &group);
    initial_values_.push_back(param_.NoteInitial(i));
  }
}

absl::Status ChainedScheduler::Step(const std::map<std::string, double>*) {
  AddGroups();
  ++global_step_;
  const StepSpan& span = context_.span;
  if (global_step_ < span.begin || global_step_ >= span.end) {
    return absl::OkStatus();
  }
  ++last_step_;
  for (size_t i = 0; i < initial_values_.size(); ++i) {
    double& value = param_.at(i);
    value = schedule_->Next(last_step_, {i, value, initial_values_[i]});
    if (!context_.is_verbose) continue;
    ANNEAL_LOG(INFO) << absl::StrFormat(
        "Adjusting parameter value of group %d to %.4e.", i, value);
  }
  return absl::OkStatus();
}

Value ChainedScheduler::state_dict() const {
  Value::List initial_values(initial_values_.begin(), initial_values_.end());
  const std::vector<double> values = param_.values();
  Value::List last_values(values.begin(), values.end());
  return Dict{{"param_name", param_.name()},
              {"begin", context_.span.begin},
              {"end", context_.span.end},
              {"by_epoch", context_.span.by_epoch},
              {"base_values", std::move(initial_values)},
              {"last_step", last_step_},
              {"_global_step", global_step_},
              {"_last_value", std::move(last_values)}};
}

absl::Status ChainedScheduler::LoadStateDict(const Value& state_dict) {
  constexpr char kPath[] = "param_scheduler";
  ASSIGN_OR_RETURN(const Dict* dict,
                   param_.StateOf(state_dict, context_.span.by_epoch));
  ASSIGN_OR_RETURN(const Value* value, Require(*dict, "base_values", kPath));
  ASSIGN_OR_RETURN(const Value::List* values, value->AsList("base_values"));
  const size_t num_groups = param_.num_groups();
  // Where there are several, mmengine's wrapper schedules its base settings as
  // one more.
  const bool has_base = num_groups > 1 && values->size() == num_groups + 1;
  if (values->size() != num_groups && !has_base) {
    return absl::InvalidArgumentError(
        absl::StrCat("the scheduler's state has ", values->size(),
                     " parameter groups, the optimizer ", num_groups,
                     "; build it as the one that was saved"));
  }
  std::vector<double> initial_values;
  for (size_t i = 0; i < num_groups; ++i) {
    ASSIGN_OR_RETURN(initial_values.emplace_back(),
                     (*values)[i].AsReal("base_values"));
  }
  ASSIGN_OR_RETURN(const int64_t last_step, StepsOf(*dict, "last_step", -1));
  ASSIGN_OR_RETURN(global_step_, StepsOf(*dict, "_global_step", -1));
  last_step_ = last_step;
  initial_values_ = std::move(initial_values);
  return absl::OkStatus();
}

}  // namespace anneal
