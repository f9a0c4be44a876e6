#include "utils/stop_signal.h"

#include <gtest/gtest.h>

#include <csignal>

namespace anneal {
namespace {

using ::testing::KilledBySignal;

volatile std::sig_atomic_t num_handled = 0;
void Count(int) { num_handled = num_handled + 1; }

TEST(StopSignal, NothingHasComeAtFirst) {
  const StopSignal stop;

  EXPECT_EQ(StopSignal::Received(), nullptr);
}

TEST(StopSignal, FirstSignalIsRemembered) {
  const StopSignal stop;

  std::raise(SIGTERM);

  EXPECT_STREQ(StopSignal::Received(), "SIGTERM");
}

TEST(StopSignal, EndForgetsTheSignal) {
  {
    const StopSignal stop;
    std::raise(SIGINT);
    EXPECT_STREQ(StopSignal::Received(), "SIGINT");
  }

  EXPECT_EQ(StopSignal::Received(), nullptr);
}

TEST(StopSignal, EndBringsTheEarlierHandlerBack) {
  num_handled = 0;
  std::signal(SIGINT, &Count);
  { const StopSignal stop; }

  std::raise(SIGINT);

  std::signal(SIGINT, SIG_DFL);
  EXPECT_EQ(num_handled, 1);
}

TEST(StopSignal, IgnoredSignalStaysIgnored) {
  std::signal(SIGINT, SIG_IGN);
  {
    const StopSignal stop;

    std::raise(SIGINT);

    EXPECT_EQ(StopSignal::Received(), nullptr);
  }
  std::signal(SIGINT, SIG_DFL);
}

TEST(StopSignalDeathTest, SecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        const StopSignal stop;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      KilledBySignal(SIGINT), "");
}

TEST(StopSignalDeathTest, SecondSignalMayBeTheOther) {
  EXPECT_EXIT(
      {
        const StopSignal stop;
        std::raise(SIGINT);
        std::raise(SIGTERM);
      },
      KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace anneal
