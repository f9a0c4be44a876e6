#include "model/predictions.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

class AbsoluteError : public LossFunction {
 public:
  at::Tensor PerSample(const at::Tensor& outputs,
                       const at::Tensor& targets) const override {
    return outputs.sub(targets).abs().mean(1);
  }
  absl::string_view outputs_name() const override { return "numbers"; }
};

TEST(Predictions, AreNamedByTheLoss) {
  const at::Tensor outputs = at::ones({2, 1});

  const Batch predictions = PredictionsOf(outputs, AbsoluteError(), Batch());

  EXPECT_TRUE(predictions.tensor("numbers").is_same(outputs));
  EXPECT_EQ(predictions.fields().size(), 1);
}

TEST(Predictions, HaveALossForEachSampleWhereThereAreLabels) {
  const Batch batch(Dict{{"labels", at::tensor({3.0, -1.0}).view({2, 1})}});

  const Batch predictions =
      PredictionsOf(at::ones({2, 1}), AbsoluteError(), batch);

  EXPECT_TRUE(at::equal(predictions.tensor("loss"), at::ones({2}).mul(2)));
  EXPECT_EQ(predictions.fields().size(), 2);
}

TEST(Predictions, HaveNoLossWhereLabelsAreNoTensor) {
  const Batch batch(Dict{{"labels", Value::List{"cat", "dog"}}});

  const Batch predictions =
      PredictionsOf(at::ones({2, 1}), AbsoluteError(), batch);

  EXPECT_EQ(predictions.fields().size(), 1);
}

// Counts the labels above 0.
class WeightedError : public AbsoluteError {
 public:
  at::Tensor Weights(const at::Tensor& targets) const override {
    return targets.gt(0).sum(1).to(at::kFloat);
  }
};

TEST(Predictions, HaveWeightsWhereTheLossHas) {
  const Batch batch(Dict{{"labels", at::tensor({3.0, -1.0}).view({2, 1})}});

  const Batch predictions =
      PredictionsOf(at::ones({2, 1}), WeightedError(), batch);

  EXPECT_TRUE(
      at::equal(predictions.tensor("loss_weight"), at::tensor({1.f, 0.f})));
  EXPECT_EQ(predictions.fields().size(), 3);
}

TEST(LossFunction, MeanIsThatOfTheSamplesUnlessOverridden) {
  const at::Tensor mean = AbsoluteError().Mean(
      at::ones({2, 1}), at::tensor({2.0, 4.0}).view({2, 1}));

  EXPECT_EQ(mean.item<float>(), 2);
}

}  // namespace
}  // namespace anneal
