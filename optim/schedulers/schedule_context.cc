#include "optim/schedulers/schedule_context.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::Status CheckConverts(const CommonFieldsGiven& given,
                           const ScheduleLengths& lengths) {
  if (!given.by_epoch) {
    return absl::InvalidArgumentError(
        "convert_to_iter_based needs by_epoch: true; without "
        "it the scheduler counts iterations already");
  }
  if (lengths.epoch_length <= 0) {
    return absl::InvalidArgumentError(
        "convert_to_iter_based needs a train loader whose "
        "epochs end; use by_epoch: false and give iterations");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ScheduleContext> MakeScheduleContext(
    const CommonFieldsGiven& given, const ScheduleLengths& lengths) {
  const int64_t max = given.by_epoch ? lengths.max_epochs : lengths.max_iters;
  ScheduleContext context;
  context.span.by_epoch = given.by_epoch;
  context.span.begin = given.begin;
  context.span.end = given.has_end ? given.end : max > 0 ? max : kNoEnd;
  context.is_verbose = given.verbose;
  context.last_step = given.last_step;
  if (given.begin < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("begin is ", given.begin, "; it must not be negative"));
  }
  if (context.span.end <= context.span.begin) {
    return absl::InvalidArgumentError(absl::StrCat(
        "end ", context.span.end, " does not come after begin ",
        context.span.begin,
        given.has_end ? "" : "; without end it is the end of training"));
  }
  if (given.last_step < -1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "last_step is ", given.last_step,
        "; it must be -1, to start anew, or a step that was done"));
  }
  RETURN_IF_ERROR(context.Scaled("last_step", given.last_step).status());
  if (given.convert_to_iter_based) {
    RETURN_IF_ERROR(CheckConverts(given, lengths));
    context.scale = lengths.epoch_length;
    context.span.by_epoch = false;
  }
  ASSIGN_OR_RETURN(context.span.begin,
                   context.Scaled("begin", context.span.begin));
  if (context.span.end != kNoEnd) {
    ASSIGN_OR_RETURN(context.span.end, context.Scaled("end", context.span.end));
  }
  return context;
}

absl::StatusOr<int64_t> ScheduleContext::Scaled(absl::string_view name,
                                                int64_t length) const {
  const int64_t most = kMaxSteps / scale;
  if (length >= -most && length <= most) return length * scale;
  return absl::InvalidArgumentError(absl::StrCat(
      name, " is ", length, "; it must be at most ", most,
      scale == 1 ? ""
                 : absl::StrCat(", for an epoch has ", scale, " iterations")));
}

absl::Status ScheduleContext::CheckHasEnd(absl::string_view schedule) const {
  if (span.end != kNoEnd) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(schedule, " needs an end"));
}

absl::StatusOr<int64_t> StepsOf(const Dict& state, absl::string_view name,
                                int64_t least) {
  ASSIGN_OR_RETURN(const Value* value, Require(state, name, "param_scheduler"));
  ASSIGN_OR_RETURN(const int64_t steps, value->AsInt(name));
  if (steps >= least && steps <= kMaxSteps) return steps;
  return absl::InvalidArgumentError(
      absl::StrCat("the scheduler's state has ", name, " ", steps,
                   "; it must be ", least, " to ", kMaxSteps));
}

absl::Status CheckField(bool is_right, absl::string_view name, double value,
                        absl::string_view must) {
  if (is_right) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", value, "; it must be ", must));
}

absl::Status CheckFieldNotNegative(absl::string_view name, double value) {
  return CheckField(value >= 0 && std::isfinite(value), name, value,
                    "finite and not negative");
}

absl::Status CheckOnePerGroup(absl::string_view name, int size,
                              const ScheduleContext& context) {
  if (size == 1 || size == static_cast<int>(context.num_groups)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name, " has ", size,
                   " values; give one, or one for each of the optimizer's ",
                   context.num_groups, " parameter groups"));
}

}  // namespace anneal
