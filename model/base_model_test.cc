#include "model/base_model.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/golden.h"
#include "optim/amp_optim_wrapper.pb.h"
#include "optim/base_optim_wrapper.h"
#include "optim/optim_wrapper.h"
#include "optim/sgd.pb.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// loss = mean(weight * inputs).
class ScaleModel : public BaseModel {
 public:
  ScaleModel() : weight(register_parameter("weight", at::full({1}, 2.0))) {}

  LogVars Loss(const Batch& batch) override {
    is_autocast = at::autocast::is_autocast_enabled(at::kCPU);
    return {{"loss_scale", Scaled(batch)}, {"seen", batch.tensor("inputs")}};
  }
  Batch Predict(const Batch& batch) override {
    return Batch(Dict{{"scores", Scaled(batch)}});
  }
  at::Tensor Scaled(const Batch& batch) {
    return weight * batch.tensor("inputs");
  }

  at::Tensor weight;
  bool is_autocast = false;
};

// Adds 100 in training, 1 in evaluation.
class AddingPreprocessor : public DataPreprocessor {
 public:
  Batch Process(const Batch& batch, bool training) override {
    return Batch(
        Dict{{"inputs", batch.tensor("inputs") + (training ? 100 : 1)}});
  }
};

Batch Inputs(std::vector<float> numbers) {
  return Batch(Dict{{"inputs", at::tensor(numbers)}});
}

std::unique_ptr<OptimWrapper> Wrapper(const BaseModel& model) {
  SGDConfig sgd;
  sgd.set_lr(0.5);
  OptimWrapperConfig config;
  config.mutable_optimizer()->PackFrom(sgd);
  auto wrapper = OptimWrapper::Create(config, model, nullptr);
  EXPECT_TRUE(wrapper.ok()) << wrapper.status();
  (*wrapper)->InitializeCountStatus(0, 10, /*has_batch_norm=*/false);
  return *std::move(wrapper);
}

std::vector<std::string> Names(const LogVars& vars) {
  std::vector<std::string> names;
  for (const auto& [name, value] : vars) names.push_back(name);
  return names;
}

class ParseLossesTest : public testing::TestWithParam<std::string> {};

TEST_P(ParseLossesTest, EqualsMMEngine) {
  const Golden golden("model/testdata/parse_losses.txt");
  LogVars losses;
  for (const std::string& name : golden.NamesBelow(GetParam() + "/given/")) {
    losses.emplace_back(name, golden.Tensor(GetParam() + "/given/" + name));
  }

  const auto [loss, log_vars] = BaseModel::ParseLosses(losses);

  EXPECT_TRUE(NearlyEqual(loss, golden.Tensor(GetParam() + "/minimised")));
  EXPECT_EQ(Names(log_vars), golden.NamesBelow(GetParam() + "/log_vars/"));
  for (const auto& [name, value] : log_vars) {
    EXPECT_EQ(value.numel(), 1);
    EXPECT_TRUE(
        NearlyEqual(value, golden.Tensor(GetParam() + "/log_vars/" + name)))
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(BaseModel, ParseLossesTest,
                         testing::Values("lone", "lone_of_each_sample",
                                         "several", "loss_among_others"),
                         [](const auto& info) { return info.param; });

TEST(BaseModel, LoggedValuesHoldNoGraph) {
  const at::Tensor weight = at::ones({2}).requires_grad_();

  const auto [loss, log_vars] =
      BaseModel::ParseLosses({{"loss_a", weight * 2}, {"norm", weight}});

  EXPECT_TRUE(loss.requires_grad());
  for (const auto& [name, value] : log_vars) {
    EXPECT_FALSE(value.requires_grad()) << name;
  }
}

TEST(BaseModel, WithoutALossItListsWhatThereIs) {
  try {
    BaseModel::ParseLosses(
        {{"accuracy", at::tensor(1.0)}, {"iou", at::tensor(1.0)}});
    FAIL() << "no exception";
  } catch (const c10::ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"loss\" in its name: accuracy, iou"));
  }
}

TEST(BaseModel, TrainStepStepsTheOptimizerByTheMeanLoss) {
  ScaleModel model;

  const LogVars log_vars = model.TrainStep(Inputs({1, 2, 6}), *Wrapper(model));

  // The gradient is the inputs' mean, 3; 2 - 0.5 * 3.
  EXPECT_EQ(model.weight.item<float>(), 0.5);
  EXPECT_THAT(Names(log_vars), ElementsAre("loss", "loss_scale", "seen"));
  EXPECT_EQ(log_vars[0].second.item<float>(), 6);
  EXPECT_EQ(log_vars[2].second.item<float>(), 3);
}

TEST(BaseModel, TrainStepPreprocessesForTraining) {
  ScaleModel model;
  model.set_data_preprocessor(std::make_unique<AddingPreprocessor>());

  const LogVars log_vars = model.TrainStep(Inputs({1}), *Wrapper(model));

  EXPECT_EQ(log_vars[2].second.item<float>(), 101);
}

TEST(BaseModel, ValAndTestStepsPreprocessForEvaluationInAnyMode) {
  ScaleModel model;
  model.set_data_preprocessor(std::make_unique<AddingPreprocessor>());
  model.train();

  EXPECT_EQ(model.ValStep(Inputs({3})).tensor("scores").item<float>(), 8);
  EXPECT_EQ(model.TestStep(Inputs({3})).tensor("scores").item<float>(), 8);
}

TEST(BaseModel, WithoutPreprocessorBatchesPassUnchanged) {
  ScaleModel model;

  EXPECT_EQ(model.ValStep(Inputs({3})).tensor("scores").item<float>(), 6);
}

TEST(BaseModel, OnlyTheLossIsComputedUnderTheWrappersContext) {
  ScaleModel model;
  SGDConfig sgd;
  sgd.set_lr(0.5);
  AmpOptimWrapperConfig config;
  config.mutable_optimizer()->PackFrom(sgd);
  google::protobuf::Any any;
  any.PackFrom(config);
  auto wrapper = RegistryOf<BaseOptimWrapper>::Get().Build(any, model, nullptr);
  ASSERT_TRUE(wrapper.ok()) << wrapper.status();
  (*wrapper)->InitializeCountStatus(0, 10, /*has_batch_norm=*/false);

  model.TrainStep(Inputs({1}), **wrapper);

  EXPECT_TRUE(model.is_autocast);
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
}

TEST(BaseModel, WithoutAForwardItSaysWhoseIsMissing) {
  try {
    ScaleModel().Forward(Inputs({1}));
    FAIL() << "no exception";
  } catch (const c10::NotImplementedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("ScaleModel has no Forward"));
  }
}

TEST(BaseModel, BatchWithoutInputsSaysWhatItHas) {
  ScaleModel model;

  try {
    model.ValStep(Batch(Dict{{"x", at::ones({1})}}));
    FAIL() << "no exception";
  } catch (const c10::ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no tensor \"inputs\"; it has: x"));
  }
}

}  // namespace
}  // namespace anneal
