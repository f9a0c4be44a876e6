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

  EXPECT_EQ(communicator->StopAfter(1, nullptr), absl::nullopt);
  EXPECT_EQ(communicator->StopAfter(2, "SIGTERM"), "SIGTERM");
  EXPECT_EQ(communicator->StopAfter(3, "SIGINT"), "SIGTERM");
  EXPECT_EQ(communicator->StopAfter(4, nullptr), "SIGTERM");
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
