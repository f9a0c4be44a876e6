#include "dist/launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;

TEST(Launcher, NoneIsOneProcess) {
  const auto communicator = Launch("none");

  ASSERT_TRUE(communicator.ok());
  EXPECT_EQ((*communicator)->world_size(), 1);
}

class LauncherOfRanks : public ::testing::TestWithParam<const char*> {};

TEST_P(LauncherOfRanks, IsUnimplementedAndNamesTheWayOut) {
  const absl::Status status = Launch(GetParam()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(GetParam()), HasSubstr("--launcher none")));
}

INSTANTIATE_TEST_SUITE_P(Names, LauncherOfRanks,
                         ::testing::Values("pytorch", "slurm", "mpi", "local"),
                         [](const auto& info) { return info.param; });

TEST(Launcher, UnknownNameListsTheChoices) {
  const absl::Status status = Launch("torchrun").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"torchrun\""),
                    HasSubstr("none, pytorch, slurm, mpi, local")));
}

}  // namespace
}  // namespace anneal::dist
