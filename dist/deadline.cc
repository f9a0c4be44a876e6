#include "dist/deadline.h"

#include <algorithm>

namespace anneal::dist {
namespace {

using Clock = std::chrono::steady_clock;

constexpr absl::Duration kLongest = absl::Hours(24 * 365);
constexpr std::chrono::milliseconds kLongestPoll = std::chrono::hours(24 * 24);

}  // namespace

Clock::time_point DeadlineAfter(absl::Duration timeout) {
  return Clock::now() + absl::ToChronoNanoseconds(std::min(timeout, kLongest));
}

int PollTimeout(Clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(
      std::clamp(left, std::chrono::milliseconds::zero(), kLongestPoll)
          .count());
}

}  // namespace anneal::dist
