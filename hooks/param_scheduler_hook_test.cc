#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hooks/param_scheduler_hook.pb.h"
#include "optim/param_scheduler.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Writes its steps down: "name", or "name loss=0.5" with metrics.
class NotingScheduler : public ParamScheduler {
 public:
  NotingScheduler(std::string name, bool by_epoch, bool need_val_args,
                  std::vector<std::string>* steps)
      : name_(std::move(name)),
        by_epoch_(by_epoch),
        need_val_args_(need_val_args),
        steps_(steps) {}

  absl::Status Step(const std::map<std::string, double>* metrics) override {
    if (name_ == "broken") return absl::NotFoundError("no metric");
    std::string step = name_;
    if (metrics != nullptr) {
      for (const auto& [name, value] : *metrics) {
        step += " " + name + "=" + std::to_string(value).substr(0, 3);
      }
    }
    steps_->push_back(step);
    return absl::OkStatus();
  }
  bool by_epoch() const override { return by_epoch_; }
  bool need_val_args() const override { return need_val_args_; }
  Value state_dict() const override { return Value(); }
  absl::Status LoadStateDict(const Value&) override { return absl::OkStatus(); }

 private:
  std::string name_;
  bool by_epoch_;
  bool need_val_args_;
  std::vector<std::string>* steps_;
};

struct ParamSchedulerHookTest : ::testing::Test {
  ParamSchedulerHookTest() {
    Add("warm-up", false, false);
    Add("cosine", true, false);
    Add("plateau", true, true);
    Add("plateau by iteration", false, true);
  }
  void Add(const std::string& name, bool by_epoch, bool need_val_args) {
    run.param_schedulers().push_back(std::make_unique<NotingScheduler>(
        name, by_epoch, need_val_args, &steps));
  }

  std::vector<std::string> steps;
  FakeRun run{::testing::TempDir()};
  std::unique_ptr<Hook> hook = *BuildHook(ParamSchedulerHookConfig());
};

// Which scheduler is stepped when: mmengine 0.9.1's ParamSchedulerHook.
TEST_F(ParamSchedulerHookTest, StepsThoseByIterationAfterAnIteration) {
  ASSERT_TRUE(hook->AfterTrainIter(run, 0, Batch(), {}).ok());

  EXPECT_THAT(steps, ElementsAre("warm-up", "plateau by iteration"));
}

TEST_F(ParamSchedulerHookTest, StepsThoseByEpochAfterAnEpoch) {
  ASSERT_TRUE(hook->AfterTrainEpoch(run).ok());

  EXPECT_THAT(steps, ElementsAre("cosine", "plateau"));
}

TEST_F(ParamSchedulerHookTest, StepsThoseThatNeedMetricsAfterAValidation) {
  ASSERT_TRUE(hook->AfterValEpoch(run, {{"loss", 0.5}, {"acc", 9.0}}).ok());

  EXPECT_THAT(steps, ElementsAre("plateau acc=9.0 loss=0.5"));
}

TEST_F(ParamSchedulerHookTest, ASchedulersErrorIsTheHooks) {
  run.param_schedulers().clear();
  Add("broken", true, true);
  EXPECT_EQ(hook->AfterTrainEpoch(run).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(hook->AfterValEpoch(run, {}).code(), absl::StatusCode::kNotFound);

  run.param_schedulers().clear();
  Add("broken", false, false);
  EXPECT_EQ(hook->AfterTrainIter(run, 0, Batch(), {}).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ParamSchedulerHookTest, DoesNothingWithoutSchedulers) {
  run.param_schedulers().clear();

  ASSERT_TRUE(hook->AfterTrainIter(run, 0, Batch(), {}).ok());
  ASSERT_TRUE(hook->AfterTrainEpoch(run).ok());
  ASSERT_TRUE(hook->AfterValEpoch(run, {{"loss", 0.5}}).ok());

  EXPECT_THAT(steps, IsEmpty());
}

// The log has the rate of an iteration before the step that follows it.
TEST_F(ParamSchedulerHookTest, RunsBehindTheLoggerAndBeforeTheCheckpoint) {
  EXPECT_GT(hook->priority(), kBelowNormal);
  EXPECT_LT(hook->priority(), kVeryLow);
}

}  // namespace
}  // namespace anneal
