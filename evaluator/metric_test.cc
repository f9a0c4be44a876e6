#include "evaluator/metric.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_rank.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// The sum of the results, and how many there were; fails if any is negative.
class SumMetric : public Metric {
 public:
  explicit SumMetric(std::vector<double> results) {
    for (const double result : results) AddResult(result);
  }
  absl::Status Process(const Batch&, const Batch&) override {
    AddResult(1.0);
    return absl::OkStatus();
  }
  absl::StatusOr<MetricValues> ComputeMetrics(
      const Value::List& results) override {
    double sum = 0;
    for (const Value& result : results) {
      const double number = *result.get_if<double>();
      if (number < 0) return absl::OutOfRangeError("a result is negative");
      sum += number;
    }
    return MetricValues{{"sum", sum},
                        {"count", static_cast<double>(results.size())}};
  }
};

TEST(Metric, ComputesOnAllResults) {
  const auto communicator = dist::SingleProcess();
  SumMetric metric({1, 2, 4});

  const auto values = metric.Evaluate(3, *communicator);

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Pair("sum", 7), Pair("count", 3)));
}

TEST(Metric, LeavesTheSamplersPaddingOut) {
  const auto communicator = dist::SingleProcess();
  SumMetric metric({1, 2, 4, 100});

  const auto values = metric.Evaluate(3, *communicator);

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ(values->at(0).second, 7);
}

TEST(Metric, StartsTheNextEvaluationAnew) {
  const auto communicator = dist::SingleProcess();
  SumMetric metric({1, 2});
  ASSERT_TRUE(metric.Evaluate(2, *communicator).ok());
  ASSERT_TRUE(metric.Process(Batch(), Batch()).ok());

  const auto values = metric.Evaluate(2, *communicator);

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Pair("sum", 1), Pair("count", 1)));
}

TEST(Metric, EveryRankGetsTheMainRanksNumbers) {
  Wire wire;
  const auto main_rank = FakeRank(0, 2, &wire);
  const auto other_rank = FakeRank(1, 2, &wire);
  ASSERT_TRUE(SumMetric({1, 2}).Evaluate(2, *main_rank).ok());

  const auto values = SumMetric({}).Evaluate(2, *other_rank);

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Pair("sum", 3), Pair("count", 2)));
}

TEST(Metric, EveryRankGetsTheMainRanksError) {
  Wire wire;
  const auto main_rank = FakeRank(0, 2, &wire);
  const auto other_rank = FakeRank(1, 2, &wire);

  for (const auto& values : {SumMetric({-1}).Evaluate(1, *main_rank),
                             SumMetric({}).Evaluate(1, *other_rank)}) {
    EXPECT_EQ(values.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_THAT(std::string(values.status().message()),
                HasSubstr("a result is negative"));
  }
}

TEST(Metric, EveryRankGetsWhatTheMainRankThrew) {
  class Throwing : public SumMetric {
   public:
    Throwing() : SumMetric({1}) {}
    absl::StatusOr<MetricValues> ComputeMetrics(const Value::List&) override {
      return MetricValues{
          {"sum", at::zeros({2}).view({3}).sum().item<double>()}};
    }
  };
  Wire wire;
  const auto main_rank = FakeRank(0, 2, &wire);
  const auto other_rank = FakeRank(1, 2, &wire);

  for (const auto& values : {Throwing().Evaluate(1, *main_rank),
                             SumMetric({}).Evaluate(1, *other_rank)}) {
    EXPECT_THAT(std::string(values.status().message()),
                HasSubstr("invalid for input of size 2"));
  }
}

TEST(Metric, ResetForgetsWhatAFailedPassHasLeft) {
  const auto communicator = dist::SingleProcess();
  SumMetric metric({1, 2});

  metric.Reset();

  ASSERT_TRUE(metric.Process(Batch(), Batch()).ok());
  EXPECT_THAT(*metric.Evaluate(3, *communicator),
              ElementsAre(Pair("sum", 1), Pair("count", 1)));
}

TEST(Metric, NegativeSizeIsRefused) {
  const auto communicator = dist::SingleProcess();

  const auto values = SumMetric({1}).Evaluate(-1, *communicator);

  EXPECT_EQ(values.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Metric, HasNoPrefixUnlessItSaysSo) {
  EXPECT_THAT(SumMetric({}).prefix(), IsEmpty());
}

}  // namespace
}  // namespace anneal
