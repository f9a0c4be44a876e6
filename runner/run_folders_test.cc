#include "runner/run_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "dist/single_process.h"
#include "tests/support/fake_rank.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

absl::StatusOr<RunFolders> Make(const RunnerConfig& config) {
  const auto communicator = dist::SingleProcess();
  return MakeRunFolders(config, "lenet", communicator.get());
}

std::string TempPath(const std::string& name) {
  return ::testing::TempDir() + name;
}

TEST(RunFolders, AreMadeUnderTheConfigsWorkDir) {
  RunnerConfig config;
  config.set_work_dir(TempPath("a/b/../c"));

  const auto folders = Make(config);

  ASSERT_TRUE(folders.ok()) << folders.status();
  EXPECT_THAT(folders->timestamp, MatchesRegex("20[0-9]{6}_[0-9]{6}"));
  EXPECT_EQ(std::filesystem::path(folders->work_dir).filename(), "c");
  EXPECT_EQ(folders->log_dir, folders->work_dir + "/" + folders->timestamp);
  EXPECT_TRUE(std::filesystem::is_directory(folders->log_dir));
}

TEST(RunFolders, TildeIsTheUsersHome) {
  setenv("HOME", TempPath("home").c_str(), 1);
  RunnerConfig config;
  config.set_work_dir("~/runs/a");

  const auto folders = Make(config);

  ASSERT_TRUE(folders.ok()) << folders.status();
  EXPECT_EQ(folders->work_dir, TempPath("home/runs/a"));
}

TEST(RunFolders, AnEmptyWorkDirIsAnErrorThatNamesTheField) {
  RunnerConfig config;
  config.set_work_dir("");

  const auto folders = Make(config);

  EXPECT_EQ(folders.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(folders.status().message()),
              HasSubstr("work_dir: the path is empty"));
}

TEST(RunFolders, AreNamedAfterTheConfigByDefault) {
  std::filesystem::current_path(::testing::TempDir());

  const auto folders = Make(RunnerConfig());

  ASSERT_TRUE(folders.ok()) << folders.status();
  EXPECT_EQ(folders->experiment_name, "lenet_" + folders->timestamp);
  EXPECT_TRUE(
      std::filesystem::is_directory("work_dirs/lenet/" + folders->timestamp));
  EXPECT_EQ(folders->work_dir[0], '/');
}

TEST(RunFolders, TakeTheExperimentsName) {
  RunnerConfig config;
  config.set_work_dir(TempPath("named"));
  config.set_experiment_name("mine");

  const auto folders = Make(config);

  ASSERT_TRUE(folders.ok()) << folders.status();
  EXPECT_EQ(folders->experiment_name, "mine_" + folders->timestamp);
}

TEST(RunFolders, StartsOfOneSecondHaveLogsOfTheirOwn) {
  RunnerConfig config;
  config.set_work_dir(TempPath("twice"));

  const auto first = Make(config);
  const auto second = Make(config);

  EXPECT_NE(first->log_dir, second->log_dir);
}

TEST(RunFolders, AFileInTheWayIsAnErrorThatNamesIt) {
  std::ofstream(TempPath("file")) << "x";
  RunnerConfig config;
  config.set_work_dir(TempPath("file") + "/work");

  const auto folders = Make(config);

  EXPECT_FALSE(folders.ok());
  EXPECT_THAT(std::string(folders.status().message()),
              ::testing::HasSubstr(TempPath("file")));
}

TEST(RunFolders, HaveTheMainRanksNamesOnEveryRank) {
  RunnerConfig config;
  config.set_work_dir(TempPath("ranks"));
  Wire wire;
  const auto main_rank = FakeRank(0, 2, &wire);
  const auto other_rank = FakeRank(1, 2, &wire);

  const auto made = MakeRunFolders(config, "lenet", main_rank.get());
  const auto told = MakeRunFolders(config, "lenet", other_rank.get());

  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->log_dir, made->log_dir);
}

TEST(RunFolders, TheMainRanksErrorIsThatOfEveryRank) {
  std::ofstream(TempPath("in_the_way")) << "x";
  RunnerConfig config;
  config.set_work_dir(TempPath("in_the_way") + "/work");
  Wire wire;
  const auto main_rank = FakeRank(0, 2, &wire);
  const auto other_rank = FakeRank(1, 2, &wire);

  const auto main_error = MakeRunFolders(config, "lenet", main_rank.get());
  const auto other_error = MakeRunFolders(config, "lenet", other_rank.get());

  EXPECT_FALSE(main_error.ok());
  EXPECT_EQ(other_error.status(), main_error.status());
}

}  // namespace
}  // namespace anneal
