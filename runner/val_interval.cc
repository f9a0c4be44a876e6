#include "runner/val_interval.h"

#include <algorithm>

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

bool ValInterval::IsEverDue(int64_t total) const {
  return std::any_of(
      intervals_.begin(), intervals_.end(), [&](const auto& interval) {
        // The first multiple that this interval is for.
        const auto [first, length] = interval;
        const int64_t least = std::max({begin_, first - 1, int64_t{1}});
        const int64_t done = (least + length - 1) / length * length;
        return done <= total && IsDue(done);
      });
}

}  // namespace anneal
