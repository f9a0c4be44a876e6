#include "hooks/hook_list.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "registry/registry.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Calls = std::vector<std::string>;

// Writes down that it was called.
class NotingHook : public Hook {
 public:
  NotingHook(std::string name, Calls* calls, int priority = kNormal)
      : name_(std::move(name)), calls_(calls), priority_(priority) {}
  int priority() const override { return priority_; }
  absl::Status BeforeTrain(Run&) override {
    calls_->push_back(name_);
    return absl::OkStatus();
  }

 private:
  std::string name_;
  Calls* calls_;
  int priority_;
};

struct HookListTest : ::testing::Test {
  absl::Status CallBeforeTrain() {
    return hooks.Call(Stage::kBeforeTrain, &Hook::BeforeTrain);
  }
  absl::Status CallAfterRun() {
    return hooks.Call(Stage::kAfterRun, &Hook::AfterRun);
  }

  FakeRun run{::testing::TempDir()};
  HookList hooks{&run};
  Calls calls;
};

TEST_F(HookListTest, CallsByPriorityThenInOrderOfAddition) {
  hooks.Add(std::make_unique<NotingHook>("low", &calls, kLow));
  hooks.Add(std::make_unique<NotingHook>("normal 1", &calls));
  hooks.Add(std::make_unique<NotingHook>("highest", &calls, kHighest));
  hooks.Add(std::make_unique<NotingHook>("normal 2", &calls));
  hooks.Add(std::make_unique<NotingHook>("49", &calls, 49));

  ASSERT_TRUE(CallBeforeTrain().ok());

  EXPECT_THAT(calls,
              ElementsAre("highest", "49", "normal 1", "normal 2", "low"));
}

TEST_F(HookListTest, TakesAPriorityThatIsNotTheHooksOwn) {
  hooks.Add(std::make_unique<NotingHook>("own", &calls, kLow));
  hooks.Add(std::make_unique<NotingHook>("given", &calls, kLowest), 69);

  ASSERT_TRUE(CallBeforeTrain().ok());

  EXPECT_THAT(calls, ElementsAre("given", "own"));
  EXPECT_THAT(hooks.Info(), HasSubstr("(69          ) NotingHook#2"));
}

TEST_F(HookListTest, EndsAtTheFirstFailure) {
  struct FailingHook : Hook {
    absl::Status BeforeTrain(anneal::Run&) override {
      return absl::DataLossError("no more");
    }
  };
  hooks.Add(std::make_unique<NotingHook>("first", &calls));
  hooks.Add(std::make_unique<FailingHook>());
  hooks.Add(std::make_unique<NotingHook>("last", &calls));

  const absl::Status status = CallBeforeTrain();

  EXPECT_EQ(status, absl::DataLossError("FailingHook.before_train: no more"));
  EXPECT_THAT(calls, ElementsAre("first"));
}

TEST_F(HookListTest, ReportsWhatLibTorchThrowsInAHook) {
  struct ThrowingHook : Hook {
    absl::Status BeforeTrain(anneal::Run&) override {
      at::zeros({2}).item();
      return absl::OkStatus();
    }
  };
  hooks.Add(std::make_unique<ThrowingHook>());

  const absl::Status status = CallBeforeTrain();

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 elements"));
}

TEST_F(HookListTest, TellsWhatFailedAndKeepsWhatGoesWithIt) {
  struct FailingHook : Hook {
    absl::Status AfterTrainIter(anneal::Run&, int64_t, const Batch&,
                                const LogVars&) override {
      absl::Status status = absl::DataLossError("no more");
      status.SetPayload("test", absl::Cord("payload"));
      return status;
    }
  };
  hooks.Add(std::make_unique<FailingHook>());
  run.now_iter = 29;

  const absl::Status status = hooks.Call(
      Stage::kAfterTrainIter, &Hook::AfterTrainIter, 0, Batch(), LogVars());

  EXPECT_EQ(status.message(),
            "FailingHook.after_train_iter at iteration 30: no more");
  EXPECT_EQ(status.GetPayload("test"), absl::Cord("payload"));
}

TEST_F(HookListTest, GivesHooksTheRunAndTheArguments) {
  struct ArgumentsHook : Hook {
    absl::Status AfterTrainIter(anneal::Run& run, int64_t batch_idx,
                                const Batch& batch,
                                const LogVars& outputs) override {
      seen_run = &run;
      seen_idx = batch_idx;
      seen_batch = &batch;
      seen_outputs = &outputs;
      return absl::OkStatus();
    }
    anneal::Run* seen_run = nullptr;
    int64_t seen_idx = 0;
    const Batch* seen_batch = nullptr;
    const LogVars* seen_outputs = nullptr;
  };
  auto owned = std::make_unique<ArgumentsHook>();
  const ArgumentsHook& hook = *owned;
  hooks.Add(std::move(owned));
  const Batch batch;
  const LogVars outputs;

  ASSERT_TRUE(hooks
                  .Call(Stage::kAfterTrainIter, &Hook::AfterTrainIter, 7, batch,
                        outputs)
                  .ok());

  EXPECT_EQ(hook.seen_run, &run);
  EXPECT_EQ(hook.seen_idx, 7);
  EXPECT_EQ(hook.seen_batch, &batch);
  EXPECT_EQ(hook.seen_outputs, &outputs);
}

TEST_F(HookListTest, LetsHooksChangeACheckpoint) {
  struct AddingHook : Hook {
    absl::Status BeforeSaveCheckpoint(anneal::Run&, Dict* checkpoint) override {
      (*checkpoint)["saved"] = true;
      return absl::OkStatus();
    }
    absl::Status AfterLoadCheckpoint(anneal::Run&, Dict* checkpoint) override {
      (*checkpoint)["loaded"] = true;
      return absl::OkStatus();
    }
  };
  hooks.Add(std::make_unique<AddingHook>());
  Dict checkpoint;

  ASSERT_TRUE(hooks
                  .Call(Stage::kBeforeSaveCheckpoint,
                        &Hook::BeforeSaveCheckpoint, &checkpoint)
                  .ok());
  ASSERT_TRUE(hooks
                  .Call(Stage::kAfterLoadCheckpoint, &Hook::AfterLoadCheckpoint,
                        &checkpoint)
                  .ok());

  EXPECT_EQ(Value(checkpoint).DebugString(), "{'saved': True, 'loaded': True}");
}

// Named as those of hook_list_golden.py.
struct FirstHook : Hook {
  absl::Status BeforeTrain(Run&) override { return absl::OkStatus(); }
  absl::Status AfterRun(Run&) override { return absl::OkStatus(); }
};
struct EarlyHook : Hook {
  int priority() const override { return kVeryHigh; }
  absl::Status BeforeIter(Run&, Mode, int64_t) override {
    return absl::OkStatus();
  }
  absl::Status BeforeTrain(Run&) override { return absl::OkStatus(); }
};
struct SecondHook : FirstHook {};
struct OwnLevelHook : Hook {
  int priority() const override { return 55; }
  absl::Status AfterValEpoch(Run&, const MetricValues&) override {
    return absl::OkStatus();
  }
  absl::Status AfterRun(Run&) override { return absl::OkStatus(); }
};

TEST_F(HookListTest, InfoIsMmenginesTable) {
  hooks.Add(std::make_unique<FirstHook>());
  hooks.Add(std::make_unique<EarlyHook>());
  hooks.Add(std::make_unique<OwnLevelHook>());
  hooks.Add(std::make_unique<SecondHook>());

  std::ifstream golden("hooks/hook_list_golden.txt");
  EXPECT_EQ(hooks.Info() + "\n",
            std::string(std::istreambuf_iterator<char>(golden), {}));
}

TEST_F(HookListTest, CallsOverridesBelowTheTypeThatAHookIsAddedAs) {
  struct DerivedHook : EarlyHook {
    explicit DerivedHook(Calls* calls) : calls(calls) {}
    absl::Status AfterRun(anneal::Run&) override {
      calls->push_back("derived");
      return absl::OkStatus();
    }
    Calls* calls;
  };
  std::unique_ptr<EarlyHook> as_early = std::make_unique<DerivedHook>(&calls);
  std::unique_ptr<Hook> as_hook = std::make_unique<DerivedHook>(&calls);

  hooks.Add(std::move(as_early));
  hooks.Add(std::move(as_hook));
  ASSERT_TRUE(CallAfterRun().ok());

  EXPECT_THAT(calls, ElementsAre("derived", "derived"));
}

// Counts, and keeps the count.
class CountingHook : public Hook {
 public:
  using Config = google::protobuf::Struct;
  static absl::StatusOr<std::unique_ptr<CountingHook>> Create(const Config&) {
    return std::make_unique<CountingHook>();
  }
  absl::Status BeforeTrain(Run&) override {
    ++count_;
    return absl::OkStatus();
  }
  Value state_dict() const override { return Dict{{"count", count_}}; }
  absl::Status LoadStateDict(const Value& state_dict) override {
    const Dict* state = state_dict.get_if<Dict>();
    if (state == nullptr) return absl::InvalidArgumentError("no dict");
    count_ = *state->Find("count")->get_if<int64_t>();
    return absl::OkStatus();
  }

 private:
  int64_t count_ = 0;
};

ANNEAL_REGISTER(Hook, CountingHook);

TEST_F(HookListTest, ARegisteredHookIsCalledWhereItOverrides) {
  StructComponent config;
  config.set_type("CountingHook");

  auto hook = BuildHook(config);

  ASSERT_TRUE(hook.ok()) << hook.status();
  EXPECT_EQ((*hook)->stages(), (OverriddenStages<Hook, CountingHook>()));
  EXPECT_EQ((*hook)->stages().count(), 1);
}

TEST_F(HookListTest, StateIsByClassNameAndLeavesOutHooksWithoutState) {
  hooks.Add(std::make_unique<FirstHook>());
  hooks.Add(std::make_unique<CountingHook>());
  ASSERT_TRUE(CallBeforeTrain().ok());
  hooks.Add(std::make_unique<CountingHook>());
  ASSERT_TRUE(CallBeforeTrain().ok());

  EXPECT_EQ(Value(hooks.state_dict()).DebugString(),
            "{'CountingHook': {'count': 2}, 'CountingHook#2': {'count': 1}}");
}

TEST_F(HookListTest, AResumedListGoesOnWhereItWas) {
  HookList whole(&run);
  whole.Add(std::make_unique<CountingHook>());
  hooks.Add(std::make_unique<CountingHook>());
  ASSERT_TRUE(CallBeforeTrain().ok());
  HookList resumed(&run);
  resumed.Add(std::make_unique<CountingHook>());

  ASSERT_TRUE(resumed.LoadStateDict(hooks.state_dict()).ok());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(resumed.Call(Stage::kBeforeTrain, &Hook::BeforeTrain).ok());
  }
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(whole.Call(Stage::kBeforeTrain, &Hook::BeforeTrain).ok());
  }

  EXPECT_TRUE(BitIdentical(resumed.state_dict(), whole.state_dict()));
}

TEST_F(HookListTest, NamesAHookWhoseStateIsMissing) {
  hooks.Add(std::make_unique<CountingHook>());

  const absl::Status status = hooks.LoadStateDict({{"EMAHook", Value(Dict{})}});

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("CountingHook"));
}

TEST_F(HookListTest, ReportsAStateThatAHookCannotTake) {
  hooks.Add(std::make_unique<CountingHook>());

  const absl::Status status = hooks.LoadStateDict({{"CountingHook", 3}});

  EXPECT_EQ(status, absl::InvalidArgumentError("no dict"));
}

}  // namespace
}  // namespace anneal
