#include "utils/timer.h"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

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

absl::Duration CheckTime(absl::string_view timer_id) {
  static std::mutex mutex;
  static auto* timers = new std::map<std::string, Timer, std::less<>>;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto it = timers->find(timer_id);
  if (it != timers->end()) return it->second.since_last_check();
  timers->emplace(std::string(timer_id), Timer());
  return absl::ZeroDuration();
}

}  // namespace anneal
