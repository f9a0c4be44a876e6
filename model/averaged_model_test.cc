#include "model/averaged_model.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/golden.h"
#include "tests/support/captured_log.h"

namespace anneal {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

// What averaged_model_golden.py trains.
class Source : public torch::nn::Module {
 public:
  Source()
      : weight(register_parameter("weight", at::zeros({3}))),
        mean(register_buffer("mean", at::zeros({2}))),
        count(register_buffer("count", at::zeros({}, at::kLong))) {}

  void Set(int64_t t) {
    at::NoGradGuard no_grad;
    weight.copy_(at::arange(3) * 0.5 + 0.25 * t * t);
    mean.copy_(at::tensor({double(t), double(-t)}));
    count.fill_(t);
  }

  at::Tensor weight;
  at::Tensor mean;
  at::Tensor count;
};

at::Tensor Find(const Dict& dict, const std::string& name) {
  return *dict.Find(name)->get_if<at::Tensor>();
}

std::unique_ptr<BaseAveragedModel> Make(
    const std::string& name, std::shared_ptr<const torch::nn::Module> source,
    const AveragedModelOptions& options) {
  if (name == "StochasticWeightAverage") {
    return std::make_unique<StochasticWeightAverage>(source, options);
  }
  if (name == "ExponentialMovingAverage") {
    return std::make_unique<ExponentialMovingAverage>(source, 0.1, options);
  }
  return std::make_unique<MomentumAnnealingEMA>(source, 0.3, 2, options);
}

class AveragedModelTest : public testing::TestWithParam<const char*> {};

TEST_P(AveragedModelTest, EqualsMMEngine) {
  const Golden golden("model/testdata/averaged_model.txt");
  for (const int interval : {1, 3}) {
    for (const bool update_buffers : {false, true}) {
      AveragedModelOptions options;
      options.interval = interval;
      options.update_buffers = update_buffers;
      auto source = std::make_shared<Source>();
      const auto averaged = Make(GetParam(), source, options);
      const std::string prefix = std::string(GetParam()) + "/" +
                                 std::to_string(interval) + "/" +
                                 (update_buffers ? "1/" : "0/");
      std::vector<std::string> names = {"weight"};
      if (update_buffers) names = {"weight", "mean", "count"};
      EXPECT_EQ(averaged->Averages().size(), names.size());

      for (int t = 0; t < 7; ++t) {
        source->Set(t);
        averaged->UpdateParameters();

        for (const std::string& name : names) {
          SCOPED_TRACE(prefix + name + " " + std::to_string(t));
          const at::Tensor average = Find(averaged->Averages(), name);
          const at::Tensor all = golden.Tensor(prefix + name);
          const int64_t n = average.numel();
          EXPECT_TRUE(NearlyEqual(average, all.slice(0, t * n, (t + 1) * n)));
        }
      }
      EXPECT_EQ(averaged->steps(), 7);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, AveragedModelTest,
                         testing::Values("StochasticWeightAverage",
                                         "ExponentialMovingAverage",
                                         "MomentumAnnealingEMA"),
                         [](const auto& info) { return info.param; });

TEST(BaseAveragedModel, IsTheSourceBeforeTheFirstUpdate) {
  auto source = std::make_shared<Source>();
  ExponentialMovingAverage averaged(source);

  source->Set(2);

  EXPECT_TRUE(at::equal(Find(averaged.Averages(), "weight"), source->weight));
  averaged.SwapWithSource();
  EXPECT_EQ(source->weight[0].item<double>(), 1);
}

TEST(BaseAveragedModel, SwapsWithTheSourceAndBack) {
  auto source = std::make_shared<Source>();
  ExponentialMovingAverage averaged(source);
  averaged.UpdateParameters();
  source->Set(2);

  averaged.SwapWithSource();
  EXPECT_EQ(source->weight[2].item<double>(), 0);
  EXPECT_EQ(Find(averaged.Averages(), "weight")[2].item<double>(), 2);
  EXPECT_TRUE(source->weight.requires_grad());

  averaged.SwapWithSource();
  EXPECT_EQ(source->weight[2].item<double>(), 2);
  EXPECT_EQ(Find(averaged.Averages(), "weight")[2].item<double>(), 0);
}

// A parameter with two names, as tied embeddings are.
TEST(BaseAveragedModel, SwapsATensorWithTwoNamesOnce) {
  auto source = std::make_shared<Source>();
  source->register_module("child", std::make_shared<Source>());
  auto child = std::make_shared<torch::nn::Module>("tied");
  child->register_parameter("weight", source->weight);
  source->register_module("tied", child);
  ExponentialMovingAverage averaged(source);
  averaged.UpdateParameters();
  source->Set(2);

  averaged.SwapWithSource();
  EXPECT_EQ(source->weight[0].item<double>(), 0);
  averaged.SwapWithSource();
  EXPECT_EQ(source->weight[0].item<double>(), 1);
  EXPECT_TRUE(at::equal(Find(averaged.Averages(), "tied.weight"),
                        Find(averaged.Averages(), "weight")));
}

TEST(BaseAveragedModel, GoesOnFromItsStateToTheBit) {
  auto source = std::make_shared<Source>();
  MomentumAnnealingEMA whole(source, 0.01, 7);
  MomentumAnnealingEMA resumed(source, 0.01, 7);
  for (int t = 0; t < 3; ++t) {
    source->Set(t);
    whole.UpdateParameters();
  }

  ASSERT_TRUE(resumed.Load(3, whole.Averages(), /*strict=*/true).ok());
  for (int t = 3; t < 6; ++t) {
    source->Set(t);
    whole.UpdateParameters();
    resumed.UpdateParameters();
  }

  EXPECT_TRUE(at::equal(Find(whole.Averages(), "weight"),
                        Find(resumed.Averages(), "weight")));
}

TEST(BaseAveragedModel, LoadsAllOrNothing) {
  auto source = std::make_shared<Source>();
  ExponentialMovingAverage averaged(source);
  averaged.UpdateParameters();

  const absl::Status shape =
      averaged.Load(5, Dict{{"weight", at::zeros({4})}}, /*strict=*/false);
  const absl::Status kind =
      averaged.Load(5, Dict{{"weight", "text"}}, /*strict=*/false);
  const absl::Status missing = averaged.Load(5, Dict(), /*strict=*/true);

  EXPECT_EQ(shape.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(shape.message(),
              HasSubstr("weight: has shape [4], the model [3]"));
  EXPECT_THAT(kind.message(), HasSubstr("expected a tensor, found str"));
  EXPECT_THAT(missing.message(), HasSubstr("missing: weight"));
  EXPECT_EQ(averaged.steps(), 1);
}

TEST(BaseAveragedModel, WarnsOfAMissingAverageWhereItIsNotStrict) {
  auto source = std::make_shared<Source>();
  source->Set(2);
  ExponentialMovingAverage averaged(source);
  const CapturedLog log;

  ASSERT_TRUE(averaged.Load(5, Dict(), /*strict=*/false).ok());

  EXPECT_THAT(log.Lines(),
              Contains(HasSubstr("without an average, so begun anew: weight")));
  EXPECT_TRUE(at::equal(Find(averaged.Averages(), "weight"), source->weight));
  EXPECT_EQ(averaged.steps(), 5);
}

}  // namespace
}  // namespace anneal
