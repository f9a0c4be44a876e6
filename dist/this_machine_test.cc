#include "dist/this_machine.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace anneal::dist {
namespace {

TEST(ThisMachine, OnlyCoresThatTheProcessMayUseCount) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  EXPECT_EQ(NumUsableCores(), CPU_COUNT(&all));
  int first = 0;
  while (!CPU_ISSET(first, &all)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  int num_cores = 0;
  // A thread of its own, as it is never undone.
  std::thread([&] {
    if (sched_setaffinity(0, sizeof(one), &one) == 0) {
      num_cores = NumUsableCores();
    }
  }).join();

  EXPECT_EQ(num_cores, 1);
}

TEST(ThisMachine, BootIdIsAUuidThatStays) {
  EXPECT_EQ(BootId().size(), 36);
  EXPECT_EQ(BootId(), BootId());
}

}  // namespace
}  // namespace anneal::dist
