// A stopwatch.
#ifndef ANNEAL_UTILS_TIMER_H_
#define ANNEAL_UTILS_TIMER_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace anneal {

// Measures from its construction, by a clock that is never set back. Not
// thread-safe.
class Timer {
 public:
  // The time since some fixed moment; never decreases.
  using Clock = absl::Duration (*)();

  explicit Timer(Clock clock = &SteadyTime);

  // The default.
  static absl::Duration SteadyTime();

  // The time since construction. A check.
  absl::Duration since_start();
  // The time since the last check, at first since construction. A check.
  absl::Duration since_last_check();

 private:
  Clock clock_;
  absl::Duration start_;
  absl::Duration last_check_;
};

// The time since the last call with this `timer_id`, in any thread; zero for
// the first.
absl::Duration CheckTime(absl::string_view timer_id);

}  // namespace anneal

#endif  // ANNEAL_UTILS_TIMER_H_
