#include "optim/schedulers/build_schedulers.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/schedulers/schedule_context.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// In iterations where the length of an epoch is known.
StepSpan Comparable(StepSpan span, const ScheduleLengths& lengths) {
  if (!span.by_epoch || lengths.epoch_length <= 0) return span;
  ScheduleContext context;
  context.scale = lengths.epoch_length;
  const absl::StatusOr<int64_t> begin = context.Scaled("begin", span.begin);
  const absl::StatusOr<int64_t> end = context.Scaled("end", span.end);
  // No span in iterations reaches as far.
  if (!begin.ok() || !end.ok()) return span;
  span.by_epoch = false;
  span.begin = *begin;
  span.end = *end;
  return span;
}

bool IsRepeated(const ParamScheduler& a, const ParamScheduler& b,
                const ScheduleLengths& lengths) {
  if (!a.span() || !b.span() || a.param_name() != b.param_name()) return false;
  const StepSpan first = Comparable(*a.span(), lengths);
  const StepSpan second = Comparable(*b.span(), lengths);
  return first.begin == second.begin && first.end == second.end &&
         first.by_epoch == second.by_epoch;
}

absl::Status CheckLast(
    const std::vector<std::unique_ptr<ParamScheduler>>& schedulers,
    const ScheduleLengths& lengths, bool has_validation,
    const std::string& place) {
  const ParamScheduler& last = *schedulers.back();
  if (last.need_val_args() && !has_validation) {
    return absl::InvalidArgumentError(
        "it looks at a validation's metrics, but the run has no validation; "
        "give val_dataloader and val_evaluator");
  }
  for (size_t i = 0; i + 1 < schedulers.size(); ++i) {
    if (!IsRepeated(*schedulers[i], last, lengths)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "it changes ", last.param_name(), " over the same ",
        last.by_epoch() ? "epochs " : "iterations ", last.span()->begin, " to ",
        last.span()->end, " as ", place, ".", i,
        "; remove one, or give them begin and end that follow each other"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<ParamScheduler>>> BuildSchedulers(
    const google::protobuf::RepeatedPtrField<google::protobuf::Any>& configs,
    std::vector<ParamGroup>* groups, const ScheduleLengths& lengths,
    bool has_validation, const std::string& place) {
  std::vector<std::unique_ptr<ParamScheduler>> schedulers;
  for (const google::protobuf::Any& config : configs) {
    const std::string entry = absl::StrCat(place, ".", schedulers.size());
    absl::StatusOr<std::unique_ptr<ParamScheduler>> scheduler =
        RegistryOf<ParamScheduler>::Get().Build(config, groups, lengths);
    if (!scheduler.ok()) return Annotate(scheduler.status(), entry);
    schedulers.push_back(*std::move(scheduler));
    const absl::Status status =
        CheckLast(schedulers, lengths, has_validation, place);
    if (!status.ok()) return Annotate(status, entry);
  }
  return schedulers;
}

}  // namespace anneal
