// The lines themselves, and when mmengine writes them, are tested where they
// are made: runner/log_processor_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/file_client.h"
#include "hooks/logger_hook.pb.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_rank.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct LoggerHookTest : ::testing::Test {
  LoggerHookTest() {
    static int num_runs = 0;
    run = std::make_unique<FakeRun>(
        absl::StrCat(::testing::TempDir(), "/logged_", ++num_runs));
    run->batches[0] = 10;
    run->batches[1] = 4;
    run->batches[2] = 3;
    run->log_record = {{{"acc", 0.5}}, "a line"};
    config.set_interval(4);
  }
  std::unique_ptr<Hook> Build() { return *BuildHook(config); }
  void TrainEpoch(Hook& hook) {
    for (int64_t i = 0; i < run->batches[0]; ++i, ++run->now_iter) {
      ASSERT_TRUE(hook.AfterTrainIter(*run, i, Batch(), {}).ok());
    }
  }
  std::string JsonPath() const {
    return absl::StrCat(run->log_dir(), "/", run->timestamp(), ".json");
  }

  std::unique_ptr<FakeRun> run;
  LoggerHookConfig config;
};

TEST_F(LoggerHookTest, AsksForALineOnlyWhereOneIsDue) {
  auto hook = Build();

  TrainEpoch(*hook);
  TrainEpoch(*hook);

  std::vector<int64_t> batches;
  for (const auto& logged : run->logged_iters) {
    EXPECT_EQ(logged.mode, Mode::kTrain);
    batches.push_back(logged.batch_idx);
  }
  EXPECT_THAT(batches, ElementsAre(3, 7, 3, 7));
}

TEST_F(LoggerHookTest, NeverEndsAnEpochWhereTheLoaderNeverEnds) {
  config.set_interval(20);
  run->batches[0] = 0;
  auto hook = Build();
  CapturedLog log;

  for (int64_t i = 0; i < 10; ++i, ++run->now_iter) {
    ASSERT_TRUE(hook->AfterTrainIter(*run, i, Batch(), {}).ok());
  }

  EXPECT_THAT(log.Lines(), IsEmpty());
}

TEST_F(LoggerHookTest, TellsTheModeAndTheLengthOfEvaluations) {
  auto hook = Build();

  ASSERT_TRUE(hook->AfterValEpoch(*run, {}).ok());
  ASSERT_TRUE(hook->AfterTestEpoch(*run, {}).ok());

  ASSERT_EQ(run->logged_epochs.size(), 2);
  EXPECT_EQ(run->logged_epochs[0].batch_idx, 4);
  EXPECT_EQ(run->logged_epochs[0].mode, Mode::kVal);
  EXPECT_EQ(run->logged_epochs[1].batch_idx, 3);
  EXPECT_EQ(run->logged_epochs[1].mode, Mode::kTest);
}

TEST_F(LoggerHookTest, WritesATestsMetricsOnTheMainRank) {
  ASSERT_TRUE(Build()->AfterTestEpoch(*run, {}).ok());

  EXPECT_EQ(*fileio::GetText(JsonPath()), R"({"acc": 0.5})");
}

TEST_F(LoggerHookTest, WritesNoMetricsOnOtherRanks) {
  run->fake_communicator = FakeRank(1, 2);

  ASSERT_TRUE(Build()->AfterTestEpoch(*run, {}).ok());

  EXPECT_THAT(run->Files(), IsEmpty());
}

TEST_F(LoggerHookTest, ReportsMetricsThatCannotBeWritten) {
  ASSERT_TRUE(fileio::RmTree(run->work_dir()).ok());
  ASSERT_TRUE(fileio::Put("in the way", run->work_dir()).ok());

  const absl::Status status = Build()->AfterTestEpoch(*run, {});

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(run->work_dir()));
}

TEST_F(LoggerHookTest, RefusesAnIntervalBelowOne) {
  config.set_interval(0);

  const absl::Status status = BuildHook(config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("interval is 0"));
}

TEST_F(LoggerHookTest, RefusesAnIntervalOfTheNameBelowOne) {
  config.set_interval_exp_name(-1);

  const absl::Status status = BuildHook(config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("interval_exp_name is -1"));
}

TEST_F(LoggerHookTest, RunsBehindNormalHooks) {
  EXPECT_EQ(Build()->priority(), kBelowNormal);
}

}  // namespace
}  // namespace anneal
