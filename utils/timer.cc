#include "utils/timer.h"

#include <chrono>

namespace anneal {

Timer::Timer(Clock clock)
    : clock_(clock), start_(clock()), last_check_(start_) {}

absl::Duration Timer::since_start() {
  last_check_ = clock_();
  return last_check_ - start_;
}

absl::Duration Timer::since_last_check() {
  const absl::Duration before = last_check_;
  last_check_ = clock_();
  return last_check_ - before;
}

absl::Duration Timer::SteadyTime() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace anneal
