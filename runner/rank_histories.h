// The newest values that each rank of a run has logged.
#ifndef ANNEAL_RUNNER_RANK_HISTORIES_H_
#define ANNEAL_RUNNER_RANK_HISTORIES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "utils/value.h"

namespace anneal {

// A training's scalars are each rank's own, and the log shows their average
// over a window of the newest and over the ranks. A checkpoint has the whole
// histories of the main rank, and of the others as many values as a window may
// have for the log of a resumed run to go on to the last digit; of what is
// older it shows the main rank's.
constexpr int64_t kNewestValues = 1000;

// {name: {"log_history": float64 [n], "count_history": int64 [n]}} with n up to
// kNewestValues, of `hub`, a MessageHub's state_dict.
absl::StatusOr<Dict> NewestValues(const Value& hub);

// `hub` with `newest`, another rank's, in the place of its own newest values. A
// history that has fewer, or that only one of them has, stays.
absl::StatusOr<Value> WithNewestValues(const Value& hub, const Value& newest);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_RANK_HISTORIES_H_
