#include "evaluator/metric.h"

#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dist/single_process.h"
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

// What a metric gives on the main rank of two, and then on the other one.
template <typename MakeMetric>
std::vector<absl::StatusOr<MetricValues>> OnTwoRanks(const MakeMetric& make) {
  Wire wire;
  std::vector<absl::StatusOr<MetricValues>> values;
  for (const int rank : {0, 1}) {
    values.push_back(make(rank).Evaluate(2, *FakeRank(rank, 2, &wire)));
  }
  return values;
}

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
  const auto values = OnTwoRanks([](int rank) {
    return SumMetric(rank == 0 ? std::vector<double>{1, 2}
                               : std::vector<double>());
  });

  for (const auto& of_rank : values) {
    ASSERT_TRUE(of_rank.ok()) << of_rank.status();
    EXPECT_THAT(*of_rank, ElementsAre(Pair("sum", 3), Pair("count", 2)));
  }
}

TEST(Metric, EveryRankGetsTheMainRanksError) {
  const auto values = OnTwoRanks([](int) { return SumMetric({-1}); });

  for (const auto& of_rank : values) {
    EXPECT_EQ(of_rank.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_THAT(std::string(of_rank.status().message()),
                HasSubstr("a result is negative"));
  }
}

class ThrowingMetric : public Metric {
 public:
  absl::Status Process(const Batch&, const Batch&) override {
    return absl::OkStatus();
  }
  absl::StatusOr<MetricValues> ComputeMetrics(const Value::List&) override {
    C10_THROW_ERROR(ValueError, "shapes don't fit");
  }
};

TEST(Metric, EveryRankGetsWhatTheMainRankThrows) {
  const auto values = OnTwoRanks([](int) { return ThrowingMetric(); });

  for (const auto& of_rank : values) {
    EXPECT_EQ(of_rank.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(of_rank.status().message()),
                HasSubstr("shapes don't fit"));
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
