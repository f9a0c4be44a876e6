#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "dist/communicator.h"
#include "dist/single_process.h"
#include "evaluator/accuracy.pb.h"
#include "evaluator/metric.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

absl::StatusOr<std::unique_ptr<Metric>> Build(const std::string& text) {
  AccuracyConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<Metric>::Get().Build(any);
}

std::unique_ptr<Metric> Make(const std::string& text) {
  auto metric = Build(text);
  EXPECT_TRUE(metric.ok()) << metric.status();
  return *std::move(metric);
}

// Four samples of three classes; the labels' places among the scores are 0, 1,
// 2, 0.
at::Tensor Scores() {
  return at::tensor({0.9, 0.1, 0.0,  //
                     0.2, 0.3, 0.5,  //
                     0.5, 0.2, 0.3,  //
                     0.0, 0.1, 0.9})
      .view({4, 3});
}
at::Tensor Labels() { return at::tensor({0, 1, 1, 2}, at::kLong); }

absl::Status Process(Metric* metric, const at::Tensor& scores,
                     const at::Tensor& labels) {
  return CatchTorchError([&] {
    return metric->Process(Batch(Dict{{"labels", labels}}),
                           Batch(Dict{{"scores", scores}}));
  });
}

MetricValues Evaluate(Metric* metric, int64_t size) {
  const auto values = metric->Evaluate(size, *dist::SingleProcess());
  EXPECT_TRUE(values.ok()) << values.status();
  return values.ok() ? *values : MetricValues();
}

TEST(Accuracy, IsTheFractionWhoseLabelIsAmongTheHighestK) {
  const auto metric = Make("topk: [1, 2, 3]");
  ASSERT_TRUE(Process(metric.get(), Scores(), Labels()).ok());

  EXPECT_THAT(
      Evaluate(metric.get(), 4),
      ElementsAre(Pair("top1", 0.5), Pair("top2", 0.75), Pair("top3", 1)));
}

TEST(Accuracy, IsTop1UnlessToldOtherwise) {
  const auto metric = Make("");
  ASSERT_TRUE(Process(metric.get(), Scores(), Labels()).ok());

  EXPECT_THAT(Evaluate(metric.get(), 4), ElementsAre(Pair("top1", 0.5)));
  EXPECT_EQ(metric->prefix(), "accuracy");
}

TEST(Accuracy, IsOverAllBatchesBySample) {
  const auto metric = Make("");
  ASSERT_TRUE(Process(metric.get(), Scores(), Labels()).ok());
  ASSERT_TRUE(
      Process(metric.get(), Scores().slice(0, 0, 1), Labels().slice(0, 0, 1))
          .ok());

  EXPECT_THAT(Evaluate(metric.get(), 5), ElementsAre(Pair("top1", 0.6)));
}

TEST(Accuracy, LeavesTheSamplersPaddingOut) {
  const auto metric = Make("");
  ASSERT_TRUE(Process(metric.get(), Scores(), Labels()).ok());

  EXPECT_THAT(Evaluate(metric.get(), 2), ElementsAre(Pair("top1", 0.5)));
}

TEST(Accuracy, TakesScoresOfAnyLayoutAndLabelsOfAnyIntegerDtype) {
  const auto metric = Make("topk: [1, 2]");
  const at::Tensor columns = Scores().t().contiguous().t();

  ASSERT_TRUE(Process(metric.get(), columns, Labels().to(at::kInt)).ok());

  EXPECT_THAT(Evaluate(metric.get(), 4),
              ElementsAre(Pair("top1", 0.5), Pair("top2", 0.75)));
}

TEST(Accuracy, PrefixIsTheConfigs) {
  EXPECT_EQ(Make("prefix: 'digits'")->prefix(), "digits");
}

TEST(Accuracy, KBelowOneIsRefused) {
  const auto metric = Build("topk: [1, 0]");

  EXPECT_EQ(metric.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(metric.status().message()),
              HasSubstr("topk has 0; it must be at least 1"));
}

TEST(Accuracy, WithoutSamplesThereIsNone) {
  const auto values = Make("")->Evaluate(4, *dist::SingleProcess());

  EXPECT_EQ(values.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(values.status().message()), HasSubstr("no samples"));
}

struct BadFields {
  std::string name;
  Dict batch;
  Dict predictions;
  std::string message;
};

class BadFieldsTest : public testing::TestWithParam<BadFields> {};

TEST_P(BadFieldsTest, AreRefused) {
  const auto metric = Make("topk: [2]");

  const absl::Status status = CatchTorchError([&] {
    return metric->Process(Batch(GetParam().batch),
                           Batch(GetParam().predictions));
  });

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Accuracy, BadFieldsTest,
    testing::Values(BadFields{"NoScores",
                              {{"labels", Labels()}},
                              {{"predictions", Scores()}},
                              "no tensor \"scores\"; it has: predictions"},
                    BadFields{"NoLabels",
                              {{"targets", Labels()}},
                              {{"scores", Scores()}},
                              "no tensor \"labels\"; it has: targets"},
                    BadFields{
                        "ScoresOfOneDimension",
                        {{"labels", Labels()}},
                        {{"scores", at::zeros({4})}},
                        "scores [N, C] with C of at least 2, found Tensor[4]"},
                    BadFields{"FewerClassesThanK",
                              {{"labels", Labels()}},
                              {{"scores", at::zeros({4, 1})}},
                              "with C of at least 2, found Tensor[4, 1]"},
                    BadFields{"OneLabelForAll",
                              {{"labels", Labels().slice(0, 0, 1)}},
                              {{"scores", Scores()}},
                              "labels [4], one a sample, found Tensor[1]"},
                    BadFields{"LabelsOfTwoDimensions",
                              {{"labels", Labels().unsqueeze(1)}},
                              {{"scores", Scores()}},
                              "labels [4], one a sample, found Tensor[4, 1]"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
