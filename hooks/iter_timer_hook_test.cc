#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "hooks/iter_timer_hook.pb.h"
#include "logging/message_hub.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;

struct IterTimerHookTest : ::testing::Test {
  IterTimerHookTest() {
    run.last_iter = 20;
    run.batches[0] = 10;
    run.batches[1] = 4;
    run.batches[2] = 3;
  }

  void TrainIter() {
    const int64_t batch_idx = run.now_iter % run.batches[0];
    ASSERT_TRUE(hook->BeforeTrainIter(run, batch_idx, Batch()).ok());
    run.message_hub().UpdateScalar("train/loss", 1.0);
    ASSERT_TRUE(hook->AfterTrainIter(run, batch_idx, Batch(), {}).ok());
    ++run.now_iter;
  }
  void ValIter(int64_t batch_idx) {
    ASSERT_TRUE(hook->BeforeValIter(run, batch_idx, Batch()).ok());
    ASSERT_TRUE(hook->AfterValIter(run, batch_idx, Batch(), Batch()).ok());
  }

  std::vector<double> History(const std::string& name) {
    const auto values = run.message_hub().FindScalar(name)->values();
    return {values.begin(), values.end()};
  }
  double Sum(const std::string& name) {
    const std::vector<double> values = History(name);
    return std::accumulate(values.begin(), values.end(), 0.0);
  }
  double Eta() { return *run.message_hub().GetInfo("eta")->get_if<double>(); }

  FakeRun run{::testing::TempDir()};
  std::unique_ptr<Hook> hook = *BuildHook(IterTimerHookConfig());
};

// Times are rounded to quarters of a nanosecond.
constexpr double kRounding = 1e-7;

TEST_F(IterTimerHookTest, TimesOfDataAreWithinThoseOfIterations) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainEpoch(run).ok());
  for (int i = 0; i < 5; ++i) TrainIter();

  const std::vector<double> data_time = History("train/data_time");
  const std::vector<double> time = History("train/time");
  ASSERT_EQ(data_time.size(), 5);
  ASSERT_EQ(time.size(), 5);
  EXPECT_THAT(data_time, Each(Ge(0)));
  for (int i = 0; i < 5; ++i) EXPECT_LE(data_time[i], time[i]);
}

TEST_F(IterTimerHookTest, RecordsDataTimeBeforeTheStepsScalarsAndTimeBehind) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainEpoch(run).ok());
  TrainIter();

  std::vector<std::string> names;
  for (const auto& [name, buffer] : run.message_hub().log_scalars()) {
    names.push_back(name);
  }
  EXPECT_THAT(names,
              ElementsAre("train/data_time", "train/loss", "train/time"));
}

TEST_F(IterTimerHookTest, EtaIsTheMeanTimeForTheIterationsLeft) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainEpoch(run).ok());
  for (int i = 0; i < 5; ++i) TrainIter();

  EXPECT_NEAR(Eta(), Sum("train/time") / 5 * 15, kRounding);
}

TEST_F(IterTimerHookTest, EtaOfAResumedRunCountsFromWhereItGoesOn) {
  run.now_iter = 16;
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainEpoch(run).ok());
  TrainIter();
  TrainIter();

  EXPECT_NEAR(Eta(), Sum("train/time") / 2 * 2, kRounding);
}

TEST_F(IterTimerHookTest, EtaIsZeroAtTheEnd) {
  run.now_iter = 19;
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainEpoch(run).ok());
  TrainIter();

  EXPECT_EQ(Eta(), 0);
}

TEST_F(IterTimerHookTest, EtaOfAValidationIsThatOfThisValidation) {
  for (int validation = 0; validation < 2; ++validation) {
    ASSERT_TRUE(hook->BeforeValEpoch(run).ok());
    ValIter(0);
    ValIter(1);
    ASSERT_TRUE(hook->AfterValEpoch(run, {}).ok());
  }

  const std::vector<double> time = History("val/time");
  ASSERT_EQ(time.size(), 4);
  EXPECT_NEAR(Eta(), (time[2] + time[3]) / 2 * 2, kRounding);
}

TEST_F(IterTimerHookTest, EtaOfATrainingLeavesValidationsOut) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainEpoch(run).ok());
  TrainIter();
  ASSERT_TRUE(hook->BeforeValEpoch(run).ok());
  ValIter(0);
  TrainIter();

  EXPECT_NEAR(Eta(), Sum("train/time") / 2 * 18, kRounding);
}

TEST_F(IterTimerHookTest, TimesATest) {
  ASSERT_TRUE(hook->BeforeTestEpoch(run).ok());
  ASSERT_TRUE(hook->BeforeTestIter(run, 0, Batch()).ok());
  ASSERT_TRUE(hook->AfterTestIter(run, 0, Batch(), Batch()).ok());

  EXPECT_EQ(History("test/data_time").size(), 1);
  EXPECT_NEAR(Eta(), Sum("test/time") * 2, kRounding);
}

}  // namespace
}  // namespace anneal
