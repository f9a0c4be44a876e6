#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "dist/communicator.h"
#include "dist/single_process.h"
#include "evaluator/loss_metric.pb.h"
#include "evaluator/metric.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::unique_ptr<Metric> Make(const std::string& prefix = "") {
  LossMetricConfig config;
  if (!prefix.empty()) config.set_prefix(prefix);
  google::protobuf::Any any;
  any.PackFrom(config);
  auto metric = RegistryOf<Metric>::Get().Build(any);
  EXPECT_TRUE(metric.ok()) << metric.status();
  return *std::move(metric);
}

absl::Status Process(Metric* metric, const at::Tensor& loss) {
  return metric->Process(Batch(), Batch(Dict{{"loss", loss}}));
}

TEST(LossMetric, IsTheMeanOverSamplesNotOverBatches) {
  const auto metric = Make();
  ASSERT_TRUE(Process(metric.get(), at::tensor({1.0, 2.0, 3.0})).ok());
  ASSERT_TRUE(Process(metric.get(), at::tensor({6.0})).ok());

  const auto values = metric->Evaluate(4, *dist::SingleProcess());

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Pair("loss", 3)));
}

TEST(LossMetric, LeavesTheSamplersPaddingOut) {
  const auto metric = Make();
  ASSERT_TRUE(Process(metric.get(), at::tensor({1.0, 3.0, 100.0})).ok());

  const auto values = metric->Evaluate(2, *dist::SingleProcess());

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ(values->at(0).second, 2);
}

absl::Status ProcessWeighted(Metric* metric, const at::Tensor& loss,
                             const at::Tensor& weight) {
  return metric->Process(Batch(),
                         Batch(Dict{{"loss", loss}, {"loss_weight", weight}}));
}

TEST(LossMetric, CountsASampleAsOftenAsItsWeight) {
  const auto metric = Make();
  // 3 of 1, none, 1 of 5; a batch without weights counts once a sample.
  ASSERT_TRUE(ProcessWeighted(metric.get(), at::tensor({1.0, 0.0, 5.0}),
                              at::tensor({3, 0, 1}, at::kLong))
                  .ok());
  ASSERT_TRUE(Process(metric.get(), at::tensor({7.0})).ok());

  const auto values = metric->Evaluate(4, *dist::SingleProcess());

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Pair("loss", (3 * 1 + 5 + 7) / 5.0)));
}

TEST(LossMetric, WithoutATargetThatCountsThereIsNone) {
  const auto metric = Make();
  ASSERT_TRUE(
      ProcessWeighted(metric.get(), at::tensor({0.0}), at::tensor({0.0})).ok());

  const auto values = metric->Evaluate(1, *dist::SingleProcess());

  EXPECT_EQ(values.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(values.status().message()),
              HasSubstr("no target of any sample counts"));
}

TEST(LossMetric, OneWeightForAllLossesIsRefused) {
  const absl::Status status =
      ProcessWeighted(Make().get(), at::ones({3}), at::ones({1}));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("loss_weight for each of 3 losses, found Tensor[1]"));
}

TEST(LossMetric, SumsInDouble) {
  const auto metric = Make();
  // In float32 the sum would stay at 2^24.
  ASSERT_TRUE(Process(metric.get(), at::tensor({16777216.f, 1.f, 1.f})).ok());

  const auto values = metric->Evaluate(3, *dist::SingleProcess());

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_DOUBLE_EQ(values->at(0).second, 16777218.0 / 3);
}

TEST(LossMetric, TakesLossesOfHalfPrecisionAndAnyLayout) {
  const auto metric = Make();
  const at::Tensor losses =
      at::tensor({1.0, 9.0, 2.0, 9.0}).to(at::kBFloat16).view({2, 2});
  ASSERT_TRUE(Process(metric.get(), losses.select(1, 0)).ok());

  const auto values = metric->Evaluate(2, *dist::SingleProcess());

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ(values->at(0).second, 1.5);
}

TEST(LossMetric, PrefixIsTheConfigs) {
  EXPECT_EQ(Make()->prefix(), "");
  EXPECT_EQ(Make("val")->prefix(), "val");
}

TEST(LossMetric, WithoutSamplesThereIsNone) {
  const auto values = Make()->Evaluate(4, *dist::SingleProcess());

  EXPECT_EQ(values.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(values.status().message()), HasSubstr("no samples"));
}

TEST(LossMetric, PredictionsWithoutLossAreRefused) {
  const auto metric = Make();

  const absl::Status status = CatchTorchError([&] {
    return metric->Process(Batch(), Batch(Dict{{"scores", at::ones({2})}}));
  });

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no tensor \"loss\"; it has: scores"));
}

TEST(LossMetric, OneLossForTheBatchIsRefused) {
  const absl::Status status = Process(Make().get(), at::ones({}));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("one loss a sample, found Tensor[]"));
}

}  // namespace
}  // namespace anneal
