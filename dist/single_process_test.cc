#include "dist/single_process.h"

#include <gtest/gtest.h>

#include "dist/communicator_conformance.h"

namespace anneal::dist {

CommunicatorImplementation CommunicatorUnderTest() {
  return {"SingleProcess", &SingleProcess};
}

namespace {

TEST(SingleProcess, IsRankZeroOfOne) {
  const auto communicator = SingleProcess();

  EXPECT_EQ(communicator->rank(), 0);
  EXPECT_EQ(communicator->world_size(), 1);
  EXPECT_EQ(communicator->local_size(), 1);
  EXPECT_TRUE(communicator->is_main_rank());
}

TEST(SingleProcess, StopsForTheFirstReason) {
  const auto communicator = SingleProcess();

  const StopWish first{"SIGTERM", true};
  const StopWish second{"a hook", false};
  EXPECT_FALSE(communicator->StopAt(1, nullptr).has_value());
  EXPECT_EQ(communicator->StopAt(2, &first)->why, "SIGTERM");
  EXPECT_EQ(communicator->StopAt(3, &second)->why, "SIGTERM");
  EXPECT_TRUE(communicator->StopAt(4, nullptr)->is_signal);
}

TEST(SingleProcess, ItsOwnErrorEndsTheRun) {
  const absl::Status error = absl::DataLossError("the file is cut");

  EXPECT_EQ(SingleProcess()->Fail(error), error);
}

TEST(SingleProcess, HasNoProcessGroup) {
  EXPECT_EQ(SingleProcess()->process_group(), nullptr);
}

TEST(SingleProcess, FewerResultsThanTheSizeAreAllKept) {
  const auto collected = SingleProcess()->CollectResults({1, 2}, 5);

  ASSERT_TRUE(collected.ok());
  EXPECT_EQ(collected->size(), 2);
}

}  // namespace
}  // namespace anneal::dist
