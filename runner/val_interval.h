// When validation is due.
#ifndef ANNEAL_RUNNER_VAL_INTERVAL_H_
#define ANNEAL_RUNNER_VAL_INTERVAL_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_field.h"
#include "runner/val_interval.pb.h"

namespace anneal {

// mmengine's val_begin, val_interval and dynamic_intervals, in epochs or
// iterations.
class ValInterval {
 public:
  // InvalidArgument for an interval below 1 or milestones out of order.
  static absl::StatusOr<ValInterval> Create(
      int64_t begin, int64_t interval,
      const google::protobuf::RepeatedPtrField<DynamicInterval>& dynamic);

  // Whether validation is due once `done` epochs or iterations are.
  bool IsDue(int64_t done) const;

  // Whether validation is ever due in a training of `total` of them.
  bool IsEverDue(int64_t total) const;

 private:
  int64_t begin_ = 1;
  // Ascending (first unit, counted from 1, of an interval; the interval).
  std::vector<std::pair<int64_t, int64_t>> intervals_;
};

}  // namespace anneal

#endif  // ANNEAL_RUNNER_VAL_INTERVAL_H_
