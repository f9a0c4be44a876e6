#include "dist/process_group_communicator.h"

#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <vector>

#include "dist/communicator_conformance.h"
#include "tests/support/ranks.h"

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;

// Of the process that this is, once it is one of several.
Communicator* world = nullptr;

std::unique_ptr<Communicator> AllOfTheWorld() {
  std::vector<int> all(world->world_size());
  std::iota(all.begin(), all.end(), 0);
  return std::move(*world->NewGroup(all));
}

TEST(ProcessGroupCommunicator, IsTheSameForLibTorch) {
  EXPECT_EQ(world->process_group()->getRank(), world->rank());
  EXPECT_EQ(world->process_group()->getSize(), world->world_size());
  EXPECT_EQ(world->backend(), "gloo");
}

TEST(ProcessGroupCommunicator, AnErrorNamesTheCollectiveAndTheDtypes) {
  const auto dtype = world->rank() == 0 ? at::kInt : at::kFloat;

  const absl::Status status =
      world->AllGather(at::full({2}, 1, dtype)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("all_gather"), HasSubstr("Int"), HasSubstr("Float")));
}

TEST(ProcessGroupCommunicator, SumsTheSameBitsOnEveryRank) {
  at::Tensor tensor = at::full({1000}, 0.1 * (world->rank() + 1));
  ASSERT_TRUE(world->AllReduce(&tensor, ReduceOp::kMean).ok());

  const auto all = world->AllGatherObject(tensor);

  ASSERT_TRUE(all.ok());
  for (const Value& other : *all) {
    EXPECT_TRUE(BitIdentical(other, tensor));
  }
}

TEST(ProcessGroupCommunicator, LargeObjectsArriveWhole) {
  std::string text(3000000, 'x');
  text[2999999] = static_cast<char>('a' + world->rank());

  const auto gathered = world->GatherObject(text, 0);

  ASSERT_TRUE(gathered.ok());
  for (size_t i = 0; i < gathered->size(); ++i) {
    text[2999999] = static_cast<char>('a' + i);
    EXPECT_TRUE(BitIdentical((*gathered)[i], text));
  }
}

TEST(ProcessGroupCommunicator, AnUnknownBackendIsRefusedByName) {
  const absl::Status status =
      MakeCommunicator("mpi", GroupOptions(), 0, 1).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"mpi\""), HasSubstr("gloo")));
}

}  // namespace

CommunicatorImplementation CommunicatorUnderTest() {
  return {"Gloo", &AllOfTheWorld};
}

}  // namespace anneal::dist

// Every test runs on each rank of worlds of 2, 3 and 4 processes.
int main(int argc, char** argv) {
  for (const int world_size : {2, 3, 4}) {
    anneal::RunRanks(world_size, [&](anneal::dist::Communicator& communicator) {
      anneal::dist::world = &communicator;
      unsetenv("TEST_PREMATURE_EXIT_FILE");
      if (communicator.rank() > 0) unsetenv("XML_OUTPUT_FILE");
      ::testing::InitGoogleTest(&argc, argv);
      EXPECT_EQ(RUN_ALL_TESTS(), 0);
    });
  }
  return ::testing::Test::HasFailure() ? 1 : 0;
}
