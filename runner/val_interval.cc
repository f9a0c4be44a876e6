#include "runner/val_interval.h"

#include "absl/strings/str_cat.h"

namespace anneal {

absl::StatusOr<ValInterval> ValInterval::Create(
    int64_t begin, int64_t interval,
    const google::protobuf::RepeatedPtrField<DynamicInterval>& dynamic) {
  ValInterval result;
  result.begin_ = begin;
  result.intervals_.emplace_back(0, interval);
  for (const DynamicInterval& item : dynamic) {
    if (item.begin() <= result.intervals_.back().first) {
      return absl::InvalidArgumentError(
          absl::StrCat("train_cfg.dynamic_intervals: begin ", item.begin(),
                       " does not come after ", result.intervals_.back().first,
                       "; list them in ascending order"));
    }
    result.intervals_.emplace_back(item.begin(), item.interval());
  }
  for (const auto& [first, length] : result.intervals_) {
    if (length < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("train_cfg: a validation interval is ", length,
                       "; it must be at least 1"));
    }
  }
  return result;
}

bool ValInterval::IsDue(int64_t done) const {
  // mmengine picks the interval of the unit that comes next.
  int64_t interval = intervals_[0].second;
  for (const auto& [first, length] : intervals_) {
    if (done + 1 >= first) interval = length;
  }
  return done >= begin_ && done > 0 && done % interval == 0;
}

}  // namespace anneal
