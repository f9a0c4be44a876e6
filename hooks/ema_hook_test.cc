#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "hooks/ema_hook.pb.h"
#include "model/base_model.h"
#include "strategy/strategy.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class OneWeight : public BaseModel {
 public:
  OneWeight()
      : weight(register_parameter("weight", at::zeros({2}))),
        mean(register_buffer("mean", at::zeros({1}))) {}
  LogVars Loss(const Batch&) override { return {}; }
  Batch Predict(const Batch& batch) override { return batch; }

  void Set(double value) {
    at::NoGradGuard no_grad;
    weight.fill_(value);
    mean.fill_(value);
  }
  double value() const { return weight[0].item<double>(); }

  at::Tensor weight;
  at::Tensor mean;
};

class Holder : public Strategy {
 public:
  absl::Status Prepare(std::shared_ptr<BaseModel>, const google::protobuf::Any*,
                       MessageHub*) override {
    return absl::OkStatus();
  }
  LogVars TrainStep(const Batch&) override { return {}; }
  Batch ValStep(const Batch& batch) override { return batch; }
  Batch TestStep(const Batch& batch) override { return batch; }
  Dict ModelStateDict() override { return ModuleStateDict(*model_); }
  Value OptimStateDict() override { return {}; }
  absl::Status LoadModelStateDict(const Dict& state_dict,
                                  StateDictMatch match) override {
    return LoadModuleStateDict(state_dict, match, model_.get());
  }
  absl::Status LoadOptimStateDict(const Value&) override {
    return absl::OkStatus();
  }
  OneWeight& model() override { return *model_; }
  BaseOptimWrapper* optim_wrapper() override { return nullptr; }
  c10::Device device() const override { return c10::kCPU; }

 private:
  std::shared_ptr<OneWeight> model_ = std::make_shared<OneWeight>();
};

// A training whose step t (from 1) leaves the weight t.
class EMAHookTest : public testing::Test {
 protected:
  EMAHookTest() : run_(testing::TempDir()) {
    auto strategy = std::make_unique<Holder>();
    model_ = &strategy->model();
    run_.fake_strategy = std::move(strategy);
    run_.last_epoch = 10;
    run_.last_iter = 100;
  }

  void Begin(const EMAHookConfig& config) {
    hook_ = *BuildHook(config);
    ASSERT_TRUE(hook_->BeforeRun(run_).ok());
  }

  void Step() {
    model_->Set(static_cast<double>(run_.now_iter + 1));
    ASSERT_TRUE(hook_->AfterTrainIter(run_, run_.now_iter, Batch(), {}).ok());
    ++run_.now_iter;
  }

  // What validation sees of the weight.
  double Validated() {
    EXPECT_TRUE(hook_->BeforeValEpoch(run_).ok());
    const double value = model_->value();
    EXPECT_TRUE(hook_->AfterValEpoch(run_, {}).ok());
    return value;
  }

  // What is written: what the run does next doesn't touch it.
  Dict Saved() {
    Dict checkpoint{{"state_dict", ModuleStateDict(*model_)}};
    EXPECT_TRUE(hook_->BeforeSaveCheckpoint(run_, &checkpoint).ok());
    const Value written = MapTensors(
        Value(checkpoint),
        [](const at::Tensor& tensor) { return tensor.detach().clone(); });
    return *written.get_if<Dict>();
  }

  FakeRun run_;
  OneWeight* model_;
  std::unique_ptr<Hook> hook_;
};

EMAHookConfig HalfMomentum() {
  EMAHookConfig config;
  config.set_momentum(0.5);
  return config;
}

double Number(const Dict& checkpoint, const std::string& dict,
              const std::string& name) {
  const Dict& state = *checkpoint.Find(dict)->get_if<Dict>();
  return state.Find(name)->get_if<at::Tensor>()->flatten()[0].item<double>();
}

TEST_F(EMAHookTest, ValidatesWithTheAveragesAndTrainsOnWithTheWeights) {
  Begin(HalfMomentum());
  Step();  // 1
  Step();  // (1 + 2) / 2
  Step();  // (1.5 + 3) / 2

  EXPECT_EQ(Validated(), 2.25);
  EXPECT_EQ(model_->value(), 3);

  ASSERT_TRUE(hook_->BeforeTestEpoch(run_).ok());
  EXPECT_EQ(model_->value(), 2.25);
  ASSERT_TRUE(hook_->AfterTestEpoch(run_, {}).ok());
  EXPECT_EQ(model_->value(), 3);
}

TEST_F(EMAHookTest, SavesTheAveragesAsTheWeights) {
  Begin(HalfMomentum());
  Step();
  Step();

  const Dict checkpoint = Saved();

  EXPECT_EQ(Number(checkpoint, "state_dict", "weight"), 1.5);
  EXPECT_EQ(Number(checkpoint, "state_dict", "mean"), 2);
  EXPECT_EQ(Number(checkpoint, "ema_state_dict", "steps"), 2);
  EXPECT_EQ(Number(checkpoint, "ema_state_dict", "module.weight"), 2);
  EXPECT_EQ(Number(checkpoint, "ema_state_dict", "module.mean"), 2);
  EXPECT_EQ(model_->value(), 2);
}

TEST_F(EMAHookTest, AveragesBuffersWhereAsked) {
  EMAHookConfig config = HalfMomentum();
  config.set_update_buffers(true);
  Begin(config);
  Step();
  Step();

  const Dict checkpoint = Saved();

  EXPECT_EQ(Number(checkpoint, "state_dict", "mean"), 1.5);
  EXPECT_EQ(Number(checkpoint, "ema_state_dict", "module.mean"), 2);
}

TEST_F(EMAHookTest, GoesOnFromACheckpoint) {
  Begin(HalfMomentum());
  Step();
  Step();
  Dict checkpoint = Saved();
  Step();
  const double expected = Validated();

  // Another process.
  model_->Set(0);
  run_.now_iter = 2;
  run_.resumed = true;
  Begin(HalfMomentum());
  ASSERT_TRUE(hook_->AfterLoadCheckpoint(run_, &checkpoint).ok());
  EXPECT_EQ(Number(checkpoint, "state_dict", "weight"), 2);
  Step();

  EXPECT_EQ(Validated(), expected);
  EXPECT_EQ(expected, 2.25);
}

TEST_F(EMAHookTest, LeavesWeightsThatAreOnlyLoadedAlone) {
  Begin(HalfMomentum());
  Step();
  Step();
  Dict checkpoint = Saved();

  Begin(HalfMomentum());
  ASSERT_TRUE(hook_->AfterLoadCheckpoint(run_, &checkpoint).ok());
  EXPECT_EQ(Number(checkpoint, "state_dict", "weight"), 1.5);
  // The averages are the weights that were loaded after that.
  model_->Set(7);
  EXPECT_EQ(Validated(), 7);
}

TEST_F(EMAHookTest, BeginsAnewWithAWarningWithoutAverages) {
  run_.resumed = true;
  Begin(HalfMomentum());
  Dict checkpoint{{"state_dict", ModuleStateDict(*model_)}};
  const CapturedLog log;

  ASSERT_TRUE(hook_->AfterLoadCheckpoint(run_, &checkpoint).ok());

  EXPECT_THAT(log.Lines(), Contains(HasSubstr("no ema_state_dict")));
  Step();
  EXPECT_EQ(Validated(), 1);
}

TEST_F(EMAHookTest, RefusesStateThatDoesNotFit) {
  run_.resumed = true;
  EMAHookConfig config = HalfMomentum();
  config.set_strict_load(true);
  Begin(config);
  const Dict weights = ModuleStateDict(*model_);
  Dict without_steps{{"state_dict", weights}, {"ema_state_dict", Dict()}};
  Dict without_average{
      {"state_dict", weights},
      {"ema_state_dict", Dict{{"steps", at::full({}, 3, at::kLong)}}}};

  EXPECT_THAT(hook_->AfterLoadCheckpoint(run_, &without_steps).message(),
              HasSubstr("ema_state_dict has no count of \"steps\""));
  EXPECT_THAT(hook_->AfterLoadCheckpoint(run_, &without_average).message(),
              HasSubstr("missing: weight"));
}

TEST_F(EMAHookTest, BeginsAtTheIterationOrEpochAsked) {
  EMAHookConfig by_iter = HalfMomentum();
  by_iter.set_begin_iter(3);
  Begin(by_iter);
  Step();
  Step();
  EXPECT_EQ(Validated(), 2);
  Step();
  Step();
  EXPECT_EQ(Validated(), 3.5);

  EMAHookConfig by_epoch = HalfMomentum();
  by_epoch.set_begin_epoch(2);
  Begin(by_epoch);
  run_.now_iter = 0;
  Step();
  EXPECT_EQ(Validated(), 1);
  run_.now_epoch = 1;
  Step();
  Step();
  EXPECT_EQ(Validated(), 2.5);
}

TEST_F(EMAHookTest, RefusesABeginningAfterTheEnd) {
  EMAHookConfig by_iter;
  by_iter.set_begin_iter(101);
  Begin(by_iter);
  EXPECT_THAT(
      hook_->BeforeTrain(run_).message(),
      HasSubstr("begin_iter is 101, after the training's max_iters 100"));
  EMAHookConfig by_epoch;
  by_epoch.set_begin_epoch(11);
  Begin(by_epoch);
  EXPECT_THAT(hook_->BeforeTrain(run_).message(),
              HasSubstr("begin_epoch is 11, after the training's max_epochs"));
}

TEST_F(EMAHookTest, RefusesASaveInTheMiddleOfAValidation) {
  Begin(HalfMomentum());
  Step();
  ASSERT_TRUE(hook_->BeforeValEpoch(run_).ok());
  Dict checkpoint;

  EXPECT_THAT(hook_->BeforeSaveCheckpoint(run_, &checkpoint).message(),
              HasSubstr("EMAHook.priority must come before"));
}

struct BadField {
  const char* name;
  void (*set)(EMAHookConfig*);
  const char* words;
};

class EMAHookBadFieldTest : public testing::TestWithParam<BadField> {};

TEST_P(EMAHookBadFieldTest, IsRefused) {
  EMAHookConfig config;
  GetParam().set(&config);

  const absl::Status status = BuildHook(config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    All, EMAHookBadFieldTest,
    testing::Values(
        BadField{"Type", [](EMAHookConfig* c) { c->set_ema_type("EMA"); },
                 "EMAHook.ema_type is \"EMA\"; there are "
                 "ExponentialMovingAverage, "},
        BadField{"Momentum", [](EMAHookConfig* c) { c->set_momentum(1); },
                 "EMAHook.momentum is 1; it must be within (0, 1)"},
        BadField{"Interval", [](EMAHookConfig* c) { c->set_interval(0); },
                 "EMAHook.interval is 0"},
        BadField{"Gamma",
                 [](EMAHookConfig* c) {
                   c->set_ema_type("MomentumAnnealingEMA");
                   c->set_gamma(0);
                 },
                 "EMAHook.gamma is 0"},
        BadField{"GammaOfAnother", [](EMAHookConfig* c) { c->set_gamma(5); },
                 "EMAHook.gamma is MomentumAnnealingEMA's"},
        BadField{"MomentumOfSwa",
                 [](EMAHookConfig* c) {
                   c->set_ema_type("StochasticWeightAverage");
                   c->set_momentum(0.1);
                 },
                 "EMAHook.momentum StochasticWeightAverage has none"},
        BadField{"BothBegin",
                 [](EMAHookConfig* c) {
                   c->set_begin_iter(1);
                   c->set_begin_epoch(1);
                 },
                 "exclude each other"},
        BadField{"Negative", [](EMAHookConfig* c) { c->set_begin_iter(-1); },
                 "must not be negative"},
        BadField{"Device", [](EMAHookConfig* c) { c->set_device("tpu"); },
                 "tpu"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
