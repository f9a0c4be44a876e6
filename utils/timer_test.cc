#include "utils/timer.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

absl::Duration now;
absl::Duration FakeTime() { return now; }

TEST(Timer, MeasuresSinceStart) {
  now = absl::Seconds(100);
  Timer timer(&FakeTime);

  now = absl::Seconds(103);

  EXPECT_EQ(timer.since_start(), absl::Seconds(3));
  EXPECT_EQ(timer.since_start(), absl::Seconds(3));
}

TEST(Timer, FirstCheckMeasuresSinceStart) {
  now = absl::Seconds(100);
  Timer timer(&FakeTime);

  now = absl::Seconds(102);

  EXPECT_EQ(timer.since_last_check(), absl::Seconds(2));
}

TEST(Timer, BothMethodsAreChecks) {
  now = absl::Seconds(100);
  Timer timer(&FakeTime);

  now = absl::Seconds(103);
  timer.since_start();
  now = absl::Seconds(104);
  EXPECT_EQ(timer.since_last_check(), absl::Seconds(1));
  now = absl::Seconds(106);
  EXPECT_EQ(timer.since_last_check(), absl::Seconds(2));
  EXPECT_EQ(timer.since_start(), absl::Seconds(6));
}

TEST(Timer, OwnClockNeverGoesBack) {
  Timer timer;
  absl::Duration before;

  for (int i = 0; i < 1000; ++i) {
    const absl::Duration time = timer.since_start();
    ASSERT_GE(time, before);
    before = time;
  }
  EXPECT_LT(before, absl::Minutes(5));
}

TEST(CheckTime, IsZeroAtFirstThenTheTimeSinceTheLast) {
  EXPECT_EQ(CheckTime("one"), absl::ZeroDuration());

  const absl::Duration before = Timer::SteadyTime();
  CheckTime("one");
  const absl::Duration checked = CheckTime("one");

  EXPECT_GE(checked, absl::ZeroDuration());
  EXPECT_LE(checked, Timer::SteadyTime() - before);
  EXPECT_EQ(CheckTime("two"), absl::ZeroDuration());
}

}  // namespace
}  // namespace anneal
