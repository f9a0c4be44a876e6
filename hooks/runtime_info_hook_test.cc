#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "dataset/data_loader.h"
#include "dataset/dataset.h"
#include "hooks/runtime_info_hook.pb.h"
#include "logging/message_hub.h"
#include "model/base_model.h"
#include "model/mlp.pb.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/optim_wrapper_dict.pb.h"
#include "optim/optimizer.h"
#include "optim/sgd.pb.h"
#include "strategy/single_device.pb.h"
#include "strategy/strategy.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;

// Four samples of nothing, with classes.
class NamedDataset : public Dataset {
 public:
  using Config = google::protobuf::Struct;
  static absl::StatusOr<std::unique_ptr<NamedDataset>> Create(const Config&) {
    return std::make_unique<NamedDataset>();
  }
  int64_t size() const override { return 4; }
  absl::StatusOr<Dict> Get(int64_t, SampleRandom) const override {
    return Dict{{"inputs", at::zeros({1})}};
  }
  Dict metainfo() const override {
    return {{"classes", Value::List{"cat", "dog"}}};
  }
};

ANNEAL_REGISTER(Dataset, NamedDataset);

std::unique_ptr<DataLoader> NamedLoader() {
  StructComponent dataset;
  dataset.set_type("NamedDataset");
  DataLoaderConfig config;
  config.set_batch_size(2);
  config.mutable_dataset()->PackFrom(dataset);
  return *DataLoader::Create(config, LoaderContext());
}

google::protobuf::Any Packed(const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  return any;
}

OptimWrapperConfig SgdWrapper(double lr) {
  SGDConfig sgd;
  sgd.set_lr(lr);
  OptimWrapperConfig wrapper;
  wrapper.mutable_optimizer()->PackFrom(sgd);
  return wrapper;
}

// An MLP of the modules "0" and "2".
std::unique_ptr<Strategy> SmallStrategy(dist::Communicator* communicator,
                                        MessageHub* hub,
                                        const google::protobuf::Any& wrapper) {
  MLPConfig mlp;
  for (int i = 0; i < 3; ++i) mlp.add_widths(1);
  google::protobuf::Any model;
  model.PackFrom(mlp);
  SingleDeviceStrategyConfig config;
  config.set_device("cpu");
  google::protobuf::Any strategy_config;
  strategy_config.PackFrom(config);
  auto strategy =
      *RegistryOf<Strategy>::Get().Build(strategy_config, communicator);
  EXPECT_TRUE(
      strategy
          ->Prepare(*RegistryOf<BaseModel>::Get().Build(model), &wrapper, hub)
          .ok());
  return strategy;
}

struct RuntimeInfoHookTest : ::testing::Test {
  RuntimeInfoHookTest() {
    run.loader = loader.get();
    run.fake_strategy =
        SmallStrategy(run.fake_communicator.get(), &run.message_hub(),
                      Packed(SgdWrapper(0.5)));
    run.now_epoch = 2;
    run.now_iter = 5;
    run.last_epoch = 3;
    run.last_iter = 6;
  }

  std::string Info(const std::string& name) {
    const Value* value = run.message_hub().GetInfo(name);
    return value == nullptr ? "" : value->DebugString();
  }
  double Scalar(const std::string& name) {
    return run.message_hub().FindScalar(name)->current();
  }
  std::vector<std::string> ScalarNames() {
    std::vector<std::string> names;
    for (const auto& [name, buffer] : run.message_hub().log_scalars()) {
      names.push_back(name);
    }
    return names;
  }

  std::unique_ptr<DataLoader> loader = NamedLoader();
  FakeRun run{::testing::TempDir()};
  std::unique_ptr<Hook> hook = *BuildHook(RuntimeInfoHookConfig());
};

TEST_F(RuntimeInfoHookTest, SaysWhatRuns) {
  ASSERT_TRUE(hook->BeforeRun(run).ok());

  EXPECT_EQ(Info("experiment_name"), "'lenet_20261124_120000'");
  EXPECT_EQ(Info("seed"), "42");
}

TEST_F(RuntimeInfoHookTest, SaysWhereTrainingStarts) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  EXPECT_EQ(Info("loop_stage"), "'train'");
  EXPECT_EQ(Info("epoch"), "2");
  EXPECT_EQ(Info("iter"), "5");
  EXPECT_EQ(Info("max_epochs"), "3");
  EXPECT_EQ(Info("max_iters"), "6");
  EXPECT_EQ(Info("dataset_meta"), "{'classes': ['cat', 'dog']}");
}

TEST_F(RuntimeInfoHookTest, FollowsTheClock) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  run.now_epoch = 7;
  run.now_iter = 70;

  ASSERT_TRUE(hook->BeforeTrainEpoch(run).ok());
  ASSERT_TRUE(hook->BeforeTrainIter(run, 0, Batch()).ok());

  EXPECT_EQ(Info("epoch"), "7");
  EXPECT_EQ(Info("iter"), "70");
}

TEST_F(RuntimeInfoHookTest, RecordsTheRateOfEachIteration) {
  Optimizer& optimizer =
      *run.strategy().optim_wrapper()->optimizers().front().second;
  ParamGroup& group = optimizer.param_groups()[0];
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainIter(run, 0, Batch()).ok());
  group.options["lr"] = 0.25;
  ASSERT_TRUE(hook->BeforeTrainIter(run, 1, Batch()).ok());

  const auto rates = run.message_hub().FindScalar("train/lr")->values();
  EXPECT_THAT(std::vector<double>(rates.begin(), rates.end()),
              ElementsAre(0.5, 0.25));
}

TEST_F(RuntimeInfoHookTest, RecordsTheRateOfEachOptimizerByItsName) {
  OptimWrapperDictConfig wrappers;
  (*wrappers.mutable_optim_wrappers())["0"] = Packed(SgdWrapper(0.5));
  (*wrappers.mutable_optim_wrappers())["2"] = Packed(SgdWrapper(0.25));
  run.fake_strategy = SmallStrategy(run.fake_communicator.get(),
                                    &run.message_hub(), Packed(wrappers));

  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainIter(run, 0, Batch()).ok());

  EXPECT_THAT(ScalarNames(), ElementsAre("train/0.lr", "train/2.lr"));
  EXPECT_EQ(Scalar("train/0.lr"), 0.5);
  EXPECT_EQ(Scalar("train/2.lr"), 0.25);
}

TEST_F(RuntimeInfoHookTest, RecordsTheOutputsOfEachStep) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->AfterTrainIter(
                      run, 0, Batch(),
                      {{"loss", at::full({}, 0.5)}, {"acc", at::full({}, 90)}})
                  .ok());
  ASSERT_TRUE(hook->AfterTrainIter(
                      run, 1, Batch(),
                      {{"loss", at::full({}, 0.25)}, {"acc", at::full({}, 91)}})
                  .ok());

  EXPECT_THAT(ScalarNames(),
              ElementsAre("train/lr", "train/loss", "train/acc"));
  EXPECT_EQ(Scalar("train/loss"), 0.25);
  EXPECT_EQ(Scalar("train/acc"), 91);
}

TEST_F(RuntimeInfoHookTest, TellsOutputsApartThatChangePlaces) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->AfterTrainIter(
                      run, 0, Batch(),
                      {{"loss", at::full({}, 1)}, {"loss_a", at::full({}, 2)}})
                  .ok());
  ASSERT_TRUE(hook->AfterTrainIter(run, 1, Batch(),
                                   {{"loss", at::full({}, 3)},
                                    {"loss_b", at::full({}, 4)},
                                    {"loss_a", at::full({}, 5)}})
                  .ok());

  EXPECT_EQ(Scalar("train/loss"), 3);
  EXPECT_EQ(Scalar("train/loss_a"), 5);
  EXPECT_EQ(Scalar("train/loss_b"), 4);
}

TEST_F(RuntimeInfoHookTest, ThrowsForAnOutputThatIsNoScalar) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  EXPECT_THROW(
      (void)hook->AfterTrainIter(run, 0, Batch(), {{"loss", at::zeros({2})}}),
      c10::Error);
}

TEST_F(RuntimeInfoHookTest, ALoadedHubIsGoneOnWith) {
  MessageHub saved;
  saved.UpdateScalar("train/lr", 0.5);
  saved.UpdateScalar("train/loss", 1.0);
  ASSERT_TRUE(run.message_hub().LoadStateDict(saved.state_dict()).ok());

  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeTrainIter(run, 0, Batch()).ok());
  ASSERT_TRUE(
      hook->AfterTrainIter(run, 0, Batch(), {{"loss", at::full({}, 2)}}).ok());

  EXPECT_EQ(run.message_hub().FindScalar("train/lr")->size(), 2);
  EXPECT_EQ(run.message_hub().FindScalar("train/loss")->size(), 2);
}

TEST_F(RuntimeInfoHookTest, RecordsTheMetricsOfEvaluations) {
  ASSERT_TRUE(hook->AfterValEpoch(run, {{"accuracy/top1", 90}}).ok());
  ASSERT_TRUE(hook->AfterTestEpoch(run, {{"accuracy/top1", 91}}).ok());

  EXPECT_EQ(Scalar("val/accuracy/top1"), 90);
  EXPECT_EQ(Scalar("test/accuracy/top1"), 91);
}

TEST_F(RuntimeInfoHookTest, NamesTheStageOfTheLoop) {
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(hook->BeforeVal(run).ok());
  EXPECT_EQ(Info("loop_stage"), "'val'");
  ASSERT_TRUE(hook->AfterVal(run).ok());
  EXPECT_EQ(Info("loop_stage"), "'train'");
  ASSERT_TRUE(hook->AfterTrain(run).ok());
  EXPECT_EQ(Info("loop_stage"), "");
}

TEST_F(RuntimeInfoHookTest, NamesTheStageOfAnEvaluationOutsideATraining) {
  ASSERT_TRUE(hook->BeforeVal(run).ok());
  EXPECT_EQ(Info("loop_stage"), "'val'");
  ASSERT_TRUE(hook->AfterVal(run).ok());
  EXPECT_EQ(Info("loop_stage"), "");
  ASSERT_TRUE(hook->BeforeTest(run).ok());
  EXPECT_EQ(Info("loop_stage"), "'test'");
  ASSERT_TRUE(hook->AfterTest(run).ok());
  EXPECT_EQ(Info("loop_stage"), "");
}

TEST_F(RuntimeInfoHookTest, RunsBeforeTheOthers) {
  EXPECT_EQ(hook->priority(), kVeryHigh);
}

}  // namespace
}  // namespace anneal
