#include "evaluator/evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dist/single_process.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// The number of samples it saw; a batch without "inputs" is an error.
class CountMetric : public Metric {
 public:
  explicit CountMetric(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string prefix() const override { return prefix_; }
  absl::Status Process(const Batch& batch, const Batch&) override {
    if (batch.fields().empty()) {
      return absl::InvalidArgumentError("an empty batch");
    }
    const auto* texts = batch.fields().Find("texts")->get_if<Value::List>();
    for (size_t i = 0; i < texts->size(); ++i) AddResult(1.0);
    return absl::OkStatus();
  }
  absl::StatusOr<MetricValues> ComputeMetrics(
      const Value::List& results) override {
    if (results.empty()) return absl::FailedPreconditionError("no samples");
    return MetricValues{{"count", static_cast<double>(results.size())}};
  }

 private:
  std::string prefix_;
};

class EvaluatorTest : public testing::Test {
 protected:
  // An evaluator of a CountMetric for each prefix.
  std::unique_ptr<Evaluator> Make(const std::vector<std::string>& prefixes) {
    std::vector<std::unique_ptr<Metric>> metrics;
    for (const std::string& prefix : prefixes) {
      metrics.push_back(std::make_unique<CountMetric>(prefix));
      metrics_.push_back(metrics.back().get());
    }
    return std::make_unique<Evaluator>(std::move(metrics), communicator_.get());
  }

  std::unique_ptr<dist::Communicator> communicator_ = dist::SingleProcess();
  std::vector<Metric*> metrics_;
  const Batch batch_{Dict{{"texts", Value::List{"a", "b"}}}};
};

TEST_F(EvaluatorTest, NamesEachNumberByItsMetricsPrefix) {
  const auto evaluator = Make({"train", ""});
  ASSERT_TRUE(evaluator->Process(batch_, Batch()).ok());
  ASSERT_TRUE(evaluator->Process(batch_, Batch()).ok());

  const auto values = evaluator->Evaluate(4);

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Pair("train/count", 4), Pair("count", 4)));
}

TEST_F(EvaluatorTest, EveryMetricKnowsTheDataset) {
  const auto evaluator = Make({"a", "b"});

  evaluator->set_dataset_meta(Dict{{"classes", Value::List{"cat"}}});

  for (const Metric* metric : metrics_) {
    EXPECT_NE(metric->dataset_meta().Find("classes"), nullptr);
  }
}

TEST_F(EvaluatorTest, TwoNumbersOfOneNameAreRefused) {
  const auto evaluator = Make({"a", "b", "a"});
  ASSERT_TRUE(evaluator->Process(batch_, Batch()).ok());

  const auto values = evaluator->Evaluate(2);

  EXPECT_EQ(values.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(values.status().message()),
              AllOf(HasSubstr("two metrics are called \"a/count\""),
                    HasSubstr("another prefix")));
}

TEST_F(EvaluatorTest, ProcessGivesAMetricsError) {
  const absl::Status status = Make({"a"})->Process(Batch(), Batch());

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("CountMetric: an empty batch"));
}

TEST_F(EvaluatorTest, EvaluateGivesAMetricsError) {
  const auto values = Make({"a"})->Evaluate(2);

  EXPECT_EQ(values.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(EvaluatorTest, ResetForgetsTheResultsOfEveryMetric) {
  const auto evaluator = Make({"a", "b"});
  ASSERT_TRUE(evaluator->Process(batch_, Batch()).ok());

  evaluator->Reset();

  ASSERT_TRUE(evaluator->Process(batch_, Batch()).ok());
  EXPECT_THAT(*evaluator->Evaluate(9),
              ElementsAre(Pair("a/count", 2), Pair("b/count", 2)));
}

TEST_F(EvaluatorTest, WithoutMetricsThereAreNoNumbers) {
  const auto evaluator = Make({});
  ASSERT_TRUE(evaluator->Process(batch_, Batch()).ok());

  const auto values = evaluator->Evaluate(2);

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_TRUE(values->empty());
}

}  // namespace
}  // namespace anneal
