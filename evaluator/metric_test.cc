#include "evaluator/metric.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dist/single_process.h"

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

// One of two ranks, which run after each other: what rank 0 broadcasts lies in
// `wire` for rank 1. Only what metrics call does anything.
class RankOfTwo : public dist::Communicator {
 public:
  RankOfTwo(int rank, Value* wire) : rank_(rank), wire_(wire) {}

  int rank() const override { return rank_; }
  int world_size() const override { return 2; }
  int local_rank() const override { return rank_; }
  int local_size() const override { return 2; }
  absl::Status BroadcastObject(Value* value, int) override {
    (rank_ == 0 ? *wire_ : *value) = rank_ == 0 ? *value : *wire_;
    return absl::OkStatus();
  }
  absl::StatusOr<Value::List> CollectResults(Value::List results,
                                             int64_t) override {
    return rank_ == 0 ? results : Value::List();
  }

  absl::Status Barrier() override { return Unused(); }
  absl::Status AllReduce(at::Tensor*, dist::ReduceOp) override {
    return Unused();
  }
  absl::Status AllReduceDict(Dict*, dist::ReduceOp) override {
    return Unused();
  }
  absl::StatusOr<std::vector<at::Tensor>> AllGather(
      const at::Tensor&) override {
    return Unused();
  }
  absl::StatusOr<std::vector<at::Tensor>> Gather(const at::Tensor&,
                                                 int) override {
    return Unused();
  }
  absl::Status Broadcast(at::Tensor*, int) override { return Unused(); }
  absl::StatusOr<Value::List> AllGatherObject(const Value&) override {
    return Unused();
  }
  absl::StatusOr<Value::List> GatherObject(const Value&, int) override {
    return Unused();
  }
  absl::StatusOr<int64_t> SyncRandomSeed(int64_t) override { return Unused(); }

 private:
  static absl::Status Unused() {
    return absl::UnimplementedError("not in this test");
  }

  int rank_;
  Value* wire_;
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
  Value wire;
  RankOfTwo main_rank(0, &wire);
  RankOfTwo other_rank(1, &wire);
  ASSERT_TRUE(SumMetric({1, 2}).Evaluate(2, main_rank).ok());

  const auto values = SumMetric({}).Evaluate(2, other_rank);

  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(Pair("sum", 3), Pair("count", 2)));
}

TEST(Metric, EveryRankGetsTheMainRanksError) {
  Value wire;
  RankOfTwo main_rank(0, &wire);
  RankOfTwo other_rank(1, &wire);

  for (const auto& values : {SumMetric({-1}).Evaluate(1, main_rank),
                             SumMetric({}).Evaluate(1, other_rank)}) {
    EXPECT_EQ(values.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_THAT(std::string(values.status().message()),
                HasSubstr("a result is negative"));
  }
}

class ThrowingMetric : public Metric {
 public:
  absl::Status Process(const Batch&, const Batch&) override {
    return absl::OkStatus();
  }
  absl::StatusOr<MetricValues> ComputeMetrics(const Value::List&) override {
    TORCH_CHECK_VALUE(false, "shapes don't fit");
  }
};

TEST(Metric, EveryRankGetsWhatTheMainRankThrows) {
  Value wire;
  RankOfTwo main_rank(0, &wire);
  RankOfTwo other_rank(1, &wire);

  for (const auto& values : {ThrowingMetric().Evaluate(1, main_rank),
                             ThrowingMetric().Evaluate(1, other_rank)}) {
    EXPECT_EQ(values.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(values.status().message()),
                HasSubstr("shapes don't fit"));
  }
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
