// SingleDeviceStrategy, by its registered name.

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dist/communicator.h"
#include "dist/single_process.h"
#include "model/base_model.h"
#include "model/data_preprocessor.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/sgd.pb.h"
#include "strategy/single_device.pb.h"
#include "strategy/strategy.h"
#include "structures/batch.h"
#include "tests/support/fake_rank.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// The loss is the sum of weight * inputs.
class Scale : public BaseModel {
 public:
  Scale() : weight(register_parameter("weight", at::ones({2}))) {}

  LogVars Loss(const Batch& batch) override {
    return {{"loss", weight.mul(batch.tensor("inputs")).sum()}};
  }
  Batch Predict(const Batch& batch) override {
    return Batch(Dict{{"scores", weight.mul(batch.tensor("inputs"))}});
  }

  at::Tensor weight;
};

Batch Inputs(double value) {
  return Batch(Dict{{"inputs", at::ones({2}).mul_(value)}});
}

absl::StatusOr<std::unique_ptr<Strategy>> Build(
    const SingleDeviceStrategyConfig& config,
    dist::Communicator* communicator) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<Strategy>::Get().Build(any, communicator);
}

google::protobuf::Any WrapperConfig(int64_t accumulative_counts = 1) {
  SGDConfig sgd;
  sgd.set_lr(0.5);
  sgd.set_momentum(0.5);
  OptimWrapperConfig wrapper;
  wrapper.mutable_optimizer()->PackFrom(sgd);
  wrapper.set_accumulative_counts(accumulative_counts);
  google::protobuf::Any any;
  any.PackFrom(wrapper);
  return any;
}

// A strategy on the CPU that has prepared a model.
struct Prepared {
  explicit Prepared(int64_t accumulative_counts = 1)
      : communicator(dist::SingleProcess()), model(std::make_shared<Scale>()) {
    SingleDeviceStrategyConfig config;
    config.set_device("cpu");
    strategy = *Build(config, communicator.get());
    const auto wrapper = WrapperConfig(accumulative_counts);
    EXPECT_TRUE(strategy->Prepare(model, &wrapper, nullptr).ok());
  }

  std::unique_ptr<dist::Communicator> communicator;
  std::shared_ptr<Scale> model;
  std::unique_ptr<Strategy> strategy;
};

TEST(SingleDeviceStrategy, TrainsTheModelInPlace) {
  Prepared prepared;

  const LogVars logs = prepared.strategy->TrainStep(Inputs(1));

  ASSERT_EQ(logs.size(), 1);
  EXPECT_EQ(logs[0].first, "loss");
  EXPECT_EQ(logs[0].second.item<double>(), 2);
  EXPECT_TRUE(at::equal(prepared.model->weight, at::ones({2}).mul(0.5)));
  EXPECT_EQ(&prepared.strategy->model(), prepared.model.get());
  EXPECT_TRUE(prepared.strategy->device().is_cpu());
}

TEST(SingleDeviceStrategy, EvaluatesWithoutChangingTheModel) {
  Prepared prepared;
  prepared.model->eval();

  const Batch val = prepared.strategy->ValStep(Inputs(3));
  const Batch test = prepared.strategy->TestStep(Inputs(4));

  EXPECT_TRUE(at::equal(val.tensor("scores"), at::ones({2}).mul(3)));
  EXPECT_TRUE(at::equal(test.tensor("scores"), at::ones({2}).mul(4)));
  EXPECT_TRUE(at::equal(prepared.model->weight, at::ones({2})));
}

TEST(SingleDeviceStrategy, WithoutAnOptimWrapperItOnlyEvaluates) {
  const auto communicator = dist::SingleProcess();
  const auto strategy = *Build({}, communicator.get());

  ASSERT_TRUE(
      strategy->Prepare(std::make_shared<Scale>(), nullptr, nullptr).ok());

  EXPECT_EQ(strategy->optim_wrapper(), nullptr);
  EXPECT_EQ(strategy->ValStep(Inputs(1)).tensor("scores").numel(), 2);
}

TEST(SingleDeviceStrategy, GoesOnFromItsStateBitForBit) {
  for (const int64_t accumulative_counts : {1, 2}) {
    Prepared whole(accumulative_counts);
    for (int i = 0; i < 3; ++i) whole.strategy->TrainStep(Inputs(i + 1));
    Prepared resumed(accumulative_counts);

    ASSERT_TRUE(resumed.strategy
                    ->LoadModelStateDict(whole.strategy->ModelStateDict(),
                                         StateDictMatch::kStrict)
                    .ok());
    ASSERT_TRUE(
        resumed.strategy->LoadOptimStateDict(whole.strategy->OptimStateDict())
            .ok());

    for (int i = 3; i < 6; ++i) {
      whole.strategy->TrainStep(Inputs(i + 1));
      resumed.strategy->TrainStep(Inputs(i + 1));
      EXPECT_TRUE(BitIdentical(resumed.strategy->ModelStateDict(),
                               whole.strategy->ModelStateDict()));
      EXPECT_TRUE(BitIdentical(resumed.strategy->OptimStateDict(),
                               whole.strategy->OptimStateDict()));
    }
  }
}

TEST(SingleDeviceStrategy, StateIsDetached) {
  const Dict state = Prepared().strategy->ModelStateDict();

  EXPECT_FALSE(state.Find("weight")->get_if<at::Tensor>()->requires_grad());
}

TEST(SingleDeviceStrategy, StateOfMoreIsRefusedOrTakenInPart) {
  Prepared prepared;
  Dict state = prepared.strategy->ModelStateDict();
  state["bias"] = at::zeros({2});

  const absl::Status strict =
      prepared.strategy->LoadModelStateDict(state, StateDictMatch::kStrict);

  EXPECT_EQ(strict.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(strict.message()), HasSubstr("bias"));
  EXPECT_TRUE(
      prepared.strategy->LoadModelStateDict(state, StateDictMatch::kLenient)
          .ok());
}

TEST(SingleDeviceStrategy, SeveralRanksAreRefused) {
  const auto rank = FakeRank(0, 2);

  const absl::Status status = Build({}, rank.get()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("this run has 2; DDPStrategy is for several"));
}

TEST(SingleDeviceStrategy, UnknownDeviceIsRefused) {
  const auto communicator = dist::SingleProcess();
  SingleDeviceStrategyConfig config;
  config.set_device("abacus");

  const absl::Status status = Build(config, communicator.get()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("abacus"));
}

TEST(SingleDeviceStrategy, WrapperThatCannotBeBuiltIsRefused) {
  const auto communicator = dist::SingleProcess();
  const auto strategy = *Build({}, communicator.get());
  const auto wrapper = WrapperConfig(/*accumulative_counts=*/0);

  const absl::Status status =
      strategy->Prepare(std::make_shared<Scale>(), &wrapper, nullptr);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("accumulative_counts"));
}

TEST(SingleDeviceStrategy, TellsThePreprocessorWhereBatchesGo) {
  class NotingPreprocessor : public DataPreprocessor {
   public:
    explicit NotingPreprocessor(c10::Device device) { set_device(device); }
    Batch Process(const Batch& batch, bool) override { return batch; }
    c10::Device target() const { return device(); }
  };
  const auto communicator = dist::SingleProcess();
  SingleDeviceStrategyConfig config;
  config.set_device("cpu");
  const auto strategy = *Build(config, communicator.get());
  auto model = std::make_shared<Scale>();
  auto preprocessor = std::make_unique<NotingPreprocessor>(at::kMeta);
  NotingPreprocessor* noting = preprocessor.get();
  model->set_data_preprocessor(std::move(preprocessor));

  ASSERT_TRUE(strategy->Prepare(model, nullptr, nullptr).ok());

  EXPECT_TRUE(noting->target().is_cpu());
}

TEST(SingleDeviceStrategyDeathTest, ARunThatDoesNotTrainHasNoTrainingState) {
  const auto communicator = dist::SingleProcess();
  const auto strategy = *Build({}, communicator.get());
  ASSERT_TRUE(
      strategy->Prepare(std::make_shared<Scale>(), nullptr, nullptr).ok());

  EXPECT_DEATH(strategy->TrainStep(Inputs(1)), "doesn't train");
  EXPECT_DEATH(strategy->OptimStateDict(), "doesn't train");
  EXPECT_DEATH(strategy->LoadOptimStateDict(Value()).IgnoreError(),
               "doesn't train");
}

TEST(SingleDeviceStrategyDeathTest, HasNoModelBeforePrepare) {
  const auto communicator = dist::SingleProcess();
  const auto strategy = *Build({}, communicator.get());

  EXPECT_DEATH(strategy->model(), "not prepared");
}

}  // namespace
}  // namespace anneal
