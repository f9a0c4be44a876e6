// What a scheduler's config says beside its schedule's own fields.
#ifndef ANNEAL_OPTIM_SCHEDULERS_SCHEDULE_CONTEXT_H_
#define ANNEAL_OPTIM_SCHEDULERS_SCHEDULE_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "optim/param_scheduler.h"
#include "utils/value.h"

namespace anneal {

// mmengine's INF: the end of a run of unknown length.
inline constexpr int64_t kNoEnd = 1000000000;
// The most steps that any length may have: doubles are exact up to it, and
// twice as many are an int64.
inline constexpr int64_t kMaxSteps = int64_t{1} << 53;

// The fields of common_fields.proto, checked, in the units that the scheduler
// counts in.
struct ScheduleContext {
  StepSpan span;
  // Factor from the config's units to these: the epoch's length where
  // convert_to_iter_based is set, else 1. A schedule's own lengths go through
  // Scaled().
  int64_t scale = 1;
  bool is_verbose = false;
  int64_t last_step = -1;
  std::string param_name;
  size_t num_groups = 0;

  int64_t total_steps() const { return span.end - span.begin; }
  // "epochs" or "iterations".
  const char* units() const { return span.by_epoch ? "epochs" : "iterations"; }
  // length * scale, `length` being that of the field `name`; InvalidArgument
  // where it is beyond kMaxSteps, up or down.
  absl::StatusOr<int64_t> Scaled(absl::string_view name, int64_t length) const;
  // InvalidArgument, of `schedule`, where the run's length is not known and no
  // end was given.
  absl::Status CheckHasEnd(absl::string_view schedule) const;
};

// The fields as they were given.
struct CommonFieldsGiven {
  int64_t begin;
  bool has_end;
  int64_t end;
  bool by_epoch;
  bool convert_to_iter_based;
  bool verbose;
  int64_t last_step;
};

// InvalidArgument where begin is negative, end does not come after it,
// last_step is below -1, one of them is beyond kMaxSteps, or epochs of unknown
// length are to be converted.
absl::StatusOr<ScheduleContext> MakeScheduleContext(
    const CommonFieldsGiven& given, const ScheduleLengths& lengths);

// The same of a message with those fields.
template <typename Config>
absl::StatusOr<ScheduleContext> ScheduleContextOf(
    const Config& config, const ScheduleLengths& lengths) {
  return MakeScheduleContext(
      {config.begin(), config.has_end(), config.end(), config.by_epoch(),
       config.convert_to_iter_based(), config.verbose(), config.last_step()},
      lengths);
}

// The steps that a scheduler's state has under `name`: InvalidArgument unless
// they are `least` to kMaxSteps, NotFound where there are none.
absl::StatusOr<int64_t> StepsOf(const Dict& state, absl::string_view name,
                                int64_t least);

// "gamma is -1; it must be finite and not negative", as InvalidArgument unless
// `is_right`.
absl::Status CheckField(bool is_right, absl::string_view name, double value,
                        absl::string_view must);
// The check of most numbers: finite and not negative.
absl::Status CheckFieldNotNegative(absl::string_view name, double value);
// InvalidArgument unless a list has one value, or one for each group.
absl::Status CheckOnePerGroup(absl::string_view name, int size,
                              const ScheduleContext& context);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SCHEDULERS_SCHEDULE_CONTEXT_H_
