// ValLoop and TestLoop, within a run.

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "config/struct_component.pb.h"
#include "evaluator/metric.h"
#include "runner/tiny_run.h"

namespace anneal {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Points = std::vector<std::string>;

TEST(EvaluationLoop, ReachesThePointsOfAValidationInMmenginesOrder) {
  const auto run = TinyRun(TinyConfig("val", Epochs("max_epochs: 3")));
  ASSERT_TRUE(run->Train().ok());
  Points points;
  run->AddHook(std::make_unique<PointRecorder>(&points));

  ASSERT_TRUE(run->Val().ok());

  EXPECT_EQ(points, GoldenPoints("val"));
}

TEST(EvaluationLoop, ReachesThePointsOfATestInMmenginesOrder) {
  const auto run = TinyRun(TinyConfig("test", Epochs("max_epochs: 3")));
  ASSERT_TRUE(run->Train().ok());
  Points points;
  run->AddHook(std::make_unique<PointRecorder>(&points));

  ASSERT_TRUE(run->Test().ok());

  EXPECT_EQ(points, GoldenPoints("test"));
}

// Notes what is predicted and measured.
class PredictionRecorder : public Hook {
 public:
  absl::Status AfterTestIter(anneal::Run& run, int64_t, const Batch&,
                             const Batch& predictions) override {
    is_training.push_back(run.strategy().model().is_training());
    for (const auto& [name, value] : predictions.fields()) {
      const auto* tensor = value.get_if<at::Tensor>();
      if (tensor) requires_grad.push_back(tensor->requires_grad());
    }
    return absl::OkStatus();
  }
  absl::Status AfterTestEpoch(anneal::Run&,
                              const MetricValues& values) override {
    metrics = values;
    return absl::OkStatus();
  }

  std::vector<bool> is_training;
  std::vector<bool> requires_grad;
  MetricValues metrics;
};

TEST(EvaluationLoop, PredictsInEvalModeWithoutGradients) {
  const auto run = TinyRun(TinyConfig("mode", ""));
  auto hook = std::make_unique<PredictionRecorder>();
  PredictionRecorder* recorder = hook.get();
  run->AddHook(std::move(hook));

  ASSERT_TRUE(run->Test().ok());

  EXPECT_THAT(recorder->is_training, ElementsAre(false, false));
  EXPECT_FALSE(recorder->requires_grad.empty());
  EXPECT_THAT(recorder->requires_grad, Each(false));
}

TEST(EvaluationLoop, HandsTheMetricsToTheHooks) {
  const auto run = TinyRun(TinyConfig("metrics", ""));
  auto hook = std::make_unique<PredictionRecorder>();
  PredictionRecorder* recorder = hook.get();
  run->AddHook(std::move(hook));

  ASSERT_TRUE(run->Test().ok());

  // Of 4 samples.
  ASSERT_THAT(recorder->metrics,
              ElementsAre(Pair("accuracy/top1", ::testing::_)));
  const double quarters = recorder->metrics[0].second * 4;
  EXPECT_EQ(quarters, static_cast<int>(quarters));
}

// The number of the test's pass that its first result is of; throws below 0.
int pass = 0;
class PassMetric : public Metric {
 public:
  using Config = google::protobuf::Struct;
  static absl::StatusOr<std::unique_ptr<PassMetric>> Create(const Config&) {
    return std::make_unique<PassMetric>();
  }
  absl::Status Process(const Batch& batch, const Batch&) override {
    for (int64_t i = 0; i < batch.tensor("inputs").size(0); ++i)
      AddResult(pass);
    return absl::OkStatus();
  }
  absl::StatusOr<MetricValues> ComputeMetrics(
      const Value::List& results) override {
    if (pass < 0) throw std::runtime_error("the metric's");
    return MetricValues{{"pass", *results.at(0).AsReal("pass")}};
  }
};
ANNEAL_REGISTER(Metric, PassMetric);

TEST(EvaluationLoop, StartsAnewAfterAPassThatFailed) {
  class FailsAtFirst : public Hook {
   public:
    absl::Status AfterTestIter(anneal::Run&, int64_t, const Batch&,
                               const Batch&) override {
      return pass == 1 ? absl::UnavailableError("once") : absl::OkStatus();
    }
  };
  RunnerConfig config = TinyConfig("anew", "");
  StructComponent metric;
  metric.set_type("PassMetric");
  config.mutable_test_evaluator(0)->PackFrom(metric);
  const auto run = TinyRun(config);
  auto hook = std::make_unique<PredictionRecorder>();
  PredictionRecorder* recorder = hook.get();
  run->AddHook(std::move(hook));
  run->AddHook(std::make_unique<FailsAtFirst>());
  pass = 1;
  ASSERT_EQ(run->Test().code(), absl::StatusCode::kUnavailable);
  pass = 2;

  ASSERT_TRUE(run->Test().ok());

  EXPECT_THAT(recorder->metrics, ElementsAre(Pair("pass", 2)));
}

TEST(EvaluationLoop, WhatAMetricThrowsIsAStatus) {
  RunnerConfig config = TinyConfig("throws", "");
  StructComponent metric;
  metric.set_type("PassMetric");
  config.mutable_test_evaluator(0)->PackFrom(metric);
  pass = -1;

  const absl::Status status = TinyRun(config)->Test();

  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the metric's"));
}

TEST(EvaluationLoop, AHooksErrorEndsIt) {
  class Failing : public Hook {
   public:
    absl::Status BeforeValIter(anneal::Run&, int64_t, const Batch&) override {
      return absl::InternalError("the hook's");
    }
  };
  const auto run = TinyRun(TinyConfig("failing", ""));
  run->AddHook(std::make_unique<Failing>());

  const absl::Status status = run->Val();

  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the hook's"));
}

}  // namespace
}  // namespace anneal
