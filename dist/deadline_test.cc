#include "dist/deadline.h"

#include <gtest/gtest.h>

#include <chrono>

namespace anneal::dist {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kDayMs = 24 * 60 * 60 * 1000;

TEST(DeadlineAfter, AddsTheTimeout) {
  const Clock::time_point before = Clock::now();

  const Clock::time_point deadline = DeadlineAfter(absl::Minutes(10));

  EXPECT_GE(deadline, before + std::chrono::minutes(10));
  EXPECT_LE(deadline, Clock::now() + std::chrono::minutes(10));
}

TEST(DeadlineAfter, DoesNotWrap) {
  for (const absl::Duration timeout :
       {absl::Seconds(1e10), absl::InfiniteDuration()}) {
    EXPECT_GT(DeadlineAfter(timeout),
              Clock::now() + std::chrono::hours(24 * 364));
  }
}

TEST(PollTimeout, IsWhatIsLeft) {
  const int left = PollTimeout(Clock::now() + std::chrono::minutes(10));

  EXPECT_LE(left, 10 * 60 * 1000);
  EXPECT_GT(left, 5 * 60 * 1000);
}

TEST(PollTimeout, IsZeroOncePassed) {
  EXPECT_EQ(PollTimeout(Clock::now() - std::chrono::hours(1000)), 0);
}

// An int of milliseconds ends after 24.8 days.
TEST(PollTimeout, DoesNotWrap) {
  for (const int days : {24, 25, 30, 50, 300}) {
    EXPECT_NEAR(PollTimeout(DeadlineAfter(absl::Hours(24 * days))), 24 * kDayMs,
                60 * 1000)
        << days << " days";
  }
}

}  // namespace
}  // namespace anneal::dist
