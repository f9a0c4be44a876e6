// Deadlines of user-given length.
#ifndef ANNEAL_DIST_DEADLINE_H_
#define ANNEAL_DIST_DEADLINE_H_

#include <chrono>

#include "absl/time/time.h"

namespace anneal::dist {

// `timeout` from now, at most a year: what is longer, also
// absl::InfiniteDuration(), would wrap the clock.
std::chrono::steady_clock::time_point DeadlineAfter(absl::Duration timeout);

// The milliseconds until `deadline` as poll takes them: rounded up; 0 once it
// has passed; at most 24 days, where an int ends, so that poll may return
// before it.
int PollTimeout(std::chrono::steady_clock::time_point deadline);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_DEADLINE_H_
