#include "runner/run_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "dist/single_process.h"

namespace anneal {
namespace {

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

}  // namespace
}  // namespace anneal
