#include "hooks/hook.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_run.h"

namespace anneal {
namespace {

// mmengine 0.9.1's Hook.stages.
constexpr const char* kStages[] = {
    "before_run",        "after_load_checkpoint",
    "before_train",      "before_train_epoch",
    "before_train_iter", "after_train_iter",
    "after_train_epoch", "before_val",
    "before_val_epoch",  "before_val_iter",
    "after_val_iter",    "after_val_epoch",
    "after_val",         "before_save_checkpoint",
    "after_train",       "before_test",
    "before_test_epoch", "before_test_iter",
    "after_test_iter",   "after_test_epoch",
    "after_test",        "after_run",
};

std::vector<std::string> Names(const StageSet& stages) {
  std::vector<std::string> names;
  for (int i = 0; i < kNumStages; ++i) {
    if (stages[i]) names.emplace_back(StageName(static_cast<Stage>(i)));
  }
  return names;
}

TEST(Stage, NamesAndOrderAreMmengines) {
  EXPECT_EQ(Names(StageSet().set()),
            std::vector<std::string>(std::begin(kStages), std::end(kStages)));
}

// A class that overrides `point` only.
#define HOOK_OF(point, ...)                                               \
  struct Only##point : Hook {                                             \
    absl::Status point(__VA_ARGS__) override { return absl::OkStatus(); } \
  }
HOOK_OF(BeforeRun, Run&);
HOOK_OF(AfterLoadCheckpoint, Run&, Dict*);
HOOK_OF(BeforeTrain, Run&);
HOOK_OF(BeforeTrainEpoch, Run&);
HOOK_OF(BeforeTrainIter, Run&, int64_t, const Batch&);
HOOK_OF(AfterTrainIter, Run&, int64_t, const Batch&, const LogVars&);
HOOK_OF(AfterTrainEpoch, Run&);
HOOK_OF(BeforeVal, Run&);
HOOK_OF(BeforeValEpoch, Run&);
HOOK_OF(BeforeValIter, Run&, int64_t, const Batch&);
HOOK_OF(AfterValIter, Run&, int64_t, const Batch&, const Batch&);
HOOK_OF(AfterValEpoch, Run&, const MetricValues&);
HOOK_OF(AfterVal, Run&);
HOOK_OF(BeforeSaveCheckpoint, Run&, Dict*);
HOOK_OF(AfterTrain, Run&);
HOOK_OF(BeforeTest, Run&);
HOOK_OF(BeforeTestEpoch, Run&);
HOOK_OF(BeforeTestIter, Run&, int64_t, const Batch&);
HOOK_OF(AfterTestIter, Run&, int64_t, const Batch&, const Batch&);
HOOK_OF(AfterTestEpoch, Run&, const MetricValues&);
HOOK_OF(AfterTest, Run&);
HOOK_OF(AfterRun, Run&);
HOOK_OF(BeforeEpoch, Run&, Mode);
HOOK_OF(AfterEpoch, Run&, Mode);
HOOK_OF(BeforeIter, Run&, Mode, int64_t);
HOOK_OF(AfterIter, Run&, Mode, int64_t);

struct OverrideCase {
  const char* name;
  StageSet overridden;
  std::vector<std::string> stages;
};

void PrintTo(const OverrideCase& test, std::ostream* out) { *out << test.name; }

template <typename T>
OverrideCase Overrides(const char* name, std::vector<std::string> stages) {
  return {name, OverriddenStages<Hook, T>(), std::move(stages)};
}

class OverriddenStagesOf : public ::testing::TestWithParam<OverrideCase> {};

TEST_P(OverriddenStagesOf, AreThoseOfThePoint) {
  EXPECT_EQ(Names(GetParam().overridden), GetParam().stages);
}

#define CASE(point, ...) Overrides<Only##point>(#point, {__VA_ARGS__})
INSTANTIATE_TEST_SUITE_P(
    Points, OverriddenStagesOf,
    ::testing::Values(
        CASE(BeforeRun, "before_run"),
        CASE(AfterLoadCheckpoint, "after_load_checkpoint"),
        CASE(BeforeTrain, "before_train"),
        CASE(BeforeTrainEpoch, "before_train_epoch"),
        CASE(BeforeTrainIter, "before_train_iter"),
        CASE(AfterTrainIter, "after_train_iter"),
        CASE(AfterTrainEpoch, "after_train_epoch"),
        CASE(BeforeVal, "before_val"), CASE(BeforeValEpoch, "before_val_epoch"),
        CASE(BeforeValIter, "before_val_iter"),
        CASE(AfterValIter, "after_val_iter"),
        CASE(AfterValEpoch, "after_val_epoch"), CASE(AfterVal, "after_val"),
        CASE(BeforeSaveCheckpoint, "before_save_checkpoint"),
        CASE(AfterTrain, "after_train"), CASE(BeforeTest, "before_test"),
        CASE(BeforeTestEpoch, "before_test_epoch"),
        CASE(BeforeTestIter, "before_test_iter"),
        CASE(AfterTestIter, "after_test_iter"),
        CASE(AfterTestEpoch, "after_test_epoch"), CASE(AfterTest, "after_test"),
        CASE(AfterRun, "after_run"),
        CASE(BeforeEpoch, "before_train_epoch", "before_val_epoch",
             "before_test_epoch"),
        CASE(AfterEpoch, "after_train_epoch", "after_val_epoch",
             "after_test_epoch"),
        CASE(BeforeIter, "before_train_iter", "before_val_iter",
             "before_test_iter"),
        CASE(AfterIter, "after_train_iter", "after_val_iter",
             "after_test_iter")),
    [](const auto& info) { return std::string(info.param.name); });

TEST(OverriddenStages, AreNoneOfHookItself) {
  EXPECT_TRUE((OverriddenStages<Hook, Hook>().none()));
}

TEST(OverriddenStages, CountThoseOfAClassBetween) {
  struct Derived : OnlyAfterRun {
    absl::Status BeforeRun(anneal::Run&) override { return absl::OkStatus(); }
  };

  EXPECT_EQ(Names(OverriddenStages<Hook, Derived>()),
            std::vector<std::string>({"before_run", "after_run"}));
}

TEST(OverriddenStages, CountPrivateOverrides) {
  class Private : public Hook {
    absl::Status AfterVal(anneal::Run&) override { return absl::OkStatus(); }
  };

  EXPECT_EQ(Names(OverriddenStages<Hook, Private>()),
            std::vector<std::string>({"after_val"}));
}

// Says which mode it was called for.
struct SharedPointsHook : Hook {
  absl::Status BeforeEpoch(Run&, Mode mode) override {
    calls.push_back("before epoch " + std::string(ModeName(mode)));
    return absl::OkStatus();
  }
  absl::Status AfterEpoch(Run&, Mode mode) override {
    calls.push_back("after epoch " + std::string(ModeName(mode)));
    return absl::OkStatus();
  }
  absl::Status BeforeIter(Run&, Mode mode, int64_t batch_idx) override {
    calls.push_back("before " + std::to_string(batch_idx) + " " +
                    std::string(ModeName(mode)));
    return absl::OkStatus();
  }
  absl::Status AfterIter(Run&, Mode mode, int64_t batch_idx) override {
    calls.push_back("after " + std::to_string(batch_idx) + " " +
                    std::string(ModeName(mode)));
    return absl::OkStatus();
  }
  std::vector<std::string> calls;
};

TEST(Hook, SharedPointsStandForThoseOfTheThreeModes) {
  SharedPointsHook shared;
  Hook& hook = shared;
  FakeRun run(::testing::TempDir());
  const Batch batch;

  ASSERT_TRUE(hook.BeforeTrainEpoch(run).ok());
  ASSERT_TRUE(hook.BeforeTrainIter(run, 1, batch).ok());
  ASSERT_TRUE(hook.AfterTrainIter(run, 2, batch, {}).ok());
  ASSERT_TRUE(hook.AfterTrainEpoch(run).ok());
  ASSERT_TRUE(hook.BeforeValEpoch(run).ok());
  ASSERT_TRUE(hook.BeforeValIter(run, 3, batch).ok());
  ASSERT_TRUE(hook.AfterValIter(run, 4, batch, batch).ok());
  ASSERT_TRUE(hook.AfterValEpoch(run, {}).ok());
  ASSERT_TRUE(hook.BeforeTestEpoch(run).ok());
  ASSERT_TRUE(hook.BeforeTestIter(run, 5, batch).ok());
  ASSERT_TRUE(hook.AfterTestIter(run, 6, batch, batch).ok());
  ASSERT_TRUE(hook.AfterTestEpoch(run, {}).ok());

  EXPECT_EQ(shared.calls,
            std::vector<std::string>(
                {"before epoch train", "before 1 train", "after 2 train",
                 "after epoch train", "before epoch val", "before 3 val",
                 "after 4 val", "after epoch val", "before epoch test",
                 "before 5 test", "after 6 test", "after epoch test"}));
}

TEST(Hook, IsOfNormalPriorityWithoutState) {
  const Hook hook;

  EXPECT_EQ(hook.priority(), 50);
  EXPECT_TRUE(hook.state_dict().is_none());
}

struct EveryNHook : Hook {
  // The counts from 1 to 12 that are due.
  static std::vector<int64_t> Due(int64_t n, int64_t start = 0) {
    std::vector<int64_t> due;
    for (int64_t count = 1; count <= 12; ++count) {
      if (EveryN(count, n, start)) due.push_back(count);
    }
    return due;
  }
};

TEST(EveryN, CountsMultiplesFromTheStart) {
  EXPECT_EQ(EveryNHook::Due(5), std::vector<int64_t>({5, 10}));
  EXPECT_EQ(EveryNHook::Due(5, 2), std::vector<int64_t>({2, 7, 12}));
  EXPECT_EQ(EveryNHook::Due(5, 11), std::vector<int64_t>({11}));
}

TEST(EveryN, IsNeverDueForNoInterval) {
  EXPECT_TRUE(EveryNHook::Due(0).empty());
  EXPECT_TRUE(EveryNHook::Due(-1).empty());
}

}  // namespace
}  // namespace anneal
