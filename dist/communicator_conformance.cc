#include "dist/communicator_conformance.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/ScalarType.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;

// What every communicator does, seen from one of its ranks.
class CommunicatorTest
    : public ::testing::TestWithParam<CommunicatorImplementation> {
 protected:
  CommunicatorTest() : communicator_(GetParam().make()) {}

  int rank() const { return communicator_->rank(); }
  int world_size() const { return communicator_->world_size(); }

  // A tensor that tells its rank: 1, 2, 3, ...
  static at::Tensor Of(int rank) {
    return at::full({2, 3}, rank + 1, at::kDouble);
  }

  std::unique_ptr<Communicator> communicator_;
};

TEST_P(CommunicatorTest, RankIsInItsWorldAndMachine) {
  EXPECT_GE(rank(), 0);
  EXPECT_LT(rank(), world_size());
  EXPECT_GE(communicator_->local_rank(), 0);
  EXPECT_LT(communicator_->local_rank(), communicator_->local_size());
  EXPECT_LE(communicator_->local_size(), world_size());
  EXPECT_EQ(communicator_->is_main_rank(), rank() == 0);
}

TEST_P(CommunicatorTest, BarrierReturns) {
  EXPECT_TRUE(communicator_->Barrier().ok());
}

TEST_P(CommunicatorTest, AllReduceReducesOverRanks) {
  const double n = world_size();
  double product = 1;
  for (int i = 1; i <= n; ++i) product *= i;
  const struct {
    ReduceOp op;
    double expected;
  } cases[] = {{ReduceOp::kSum, n * (n + 1) / 2},
               {ReduceOp::kMean, (n + 1) / 2},
               {ReduceOp::kProduct, product},
               {ReduceOp::kMin, 1},
               {ReduceOp::kMax, n}};
  for (const auto& [op, expected] : cases) {
    at::Tensor tensor = Of(rank());

    ASSERT_TRUE(communicator_->AllReduce(&tensor, op).ok());

    EXPECT_TRUE(at::equal(tensor, at::full({2, 3}, expected, at::kDouble)));
  }
}

TEST_P(CommunicatorTest, AllReduceReducesBits) {
  int64_t all = -1;
  int64_t any = 0;
  int64_t odd = 0;
  for (int64_t i = 1; i <= world_size(); ++i) {
    all &= i;
    any |= i;
    odd ^= i;
  }
  const struct {
    ReduceOp op;
    int64_t expected;
  } cases[] = {
      {ReduceOp::kBand, all}, {ReduceOp::kBor, any}, {ReduceOp::kBxor, odd}};
  for (const auto& [op, expected] : cases) {
    at::Tensor tensor = at::full({2}, rank() + 1, at::kLong);

    ASSERT_TRUE(communicator_->AllReduce(&tensor, op).ok());

    EXPECT_TRUE(at::equal(tensor, at::full({2}, expected, at::kLong)));
  }
}

TEST_P(CommunicatorTest, MeanOfIntegersIsCutTowardsZero) {
  // -1, -2, -4, -8: means -1.5, -7/3, -3.75.
  at::Tensor tensor = at::full({2}, -(1 << rank()), at::kLong);

  ASSERT_TRUE(communicator_->AllReduce(&tensor, ReduceOp::kMean).ok());

  const int64_t sum = (1 << world_size()) - 1;
  EXPECT_TRUE(
      at::equal(tensor, at::full({2}, -(sum / world_size()), at::kLong)));
}

TEST_P(CommunicatorTest, BitsOfRealsAreRefused) {
  for (ReduceOp op : {ReduceOp::kBand, ReduceOp::kBor, ReduceOp::kBxor}) {
    at::Tensor tensor = at::ones({2}, at::kFloat);

    const absl::Status status = communicator_->AllReduce(&tensor, op);

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("Float"));
  }
}

TEST_P(CommunicatorTest, AllReduceDictReducesEachEntry) {
  Dict values{{"loss", Of(rank())}, {"count", Of(0)}};

  ASSERT_TRUE(communicator_->AllReduceDict(&values, ReduceOp::kSum).ok());

  const double n = world_size();
  EXPECT_TRUE(at::equal(*values.Find("loss")->get_if<at::Tensor>(),
                        at::full({2, 3}, n * (n + 1) / 2, at::kDouble)));
  EXPECT_TRUE(at::equal(*values.Find("count")->get_if<at::Tensor>(),
                        at::full({2, 3}, n, at::kDouble)));
}

TEST_P(CommunicatorTest, AllReduceDictRefusesWhatIsNoTensorByName) {
  Dict values{{"loss", Of(rank())}, {"stage", "train"}};

  const absl::Status status =
      communicator_->AllReduceDict(&values, ReduceOp::kSum);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("stage"), HasSubstr("str")));
}

TEST_P(CommunicatorTest, AllGatherIsByRank) {
  const auto gathered = communicator_->AllGather(Of(rank()));

  ASSERT_TRUE(gathered.ok());
  ASSERT_EQ(gathered->size(), world_size());
  for (int i = 0; i < world_size(); ++i) {
    EXPECT_TRUE(at::equal((*gathered)[i], Of(i)));
  }
}

TEST_P(CommunicatorTest, GatherIsByRankOnTheDestinationOnly) {
  for (int destination = 0; destination < world_size(); ++destination) {
    const auto gathered = communicator_->Gather(Of(rank()), destination);

    ASSERT_TRUE(gathered.ok());
    ASSERT_EQ(gathered->size(), rank() == destination ? world_size() : 0);
    for (int i = 0; i < gathered->size(); ++i) {
      EXPECT_TRUE(at::equal((*gathered)[i], Of(i)));
    }
  }
}

TEST_P(CommunicatorTest, BroadcastOverwritesWithTheSources) {
  for (int source = 0; source < world_size(); ++source) {
    at::Tensor tensor = Of(rank());
    Value value = Dict{{"rank", rank()}, {"weight", Of(rank())}};

    ASSERT_TRUE(communicator_->Broadcast(&tensor, source).ok());
    ASSERT_TRUE(communicator_->BroadcastObject(&value, source).ok());

    EXPECT_TRUE(at::equal(tensor, Of(source)));
    EXPECT_TRUE(
        BitIdentical(value, Dict{{"rank", source}, {"weight", Of(source)}}));
  }
}

TEST_P(CommunicatorTest, ObjectsAreGatheredByRank) {
  const Value mine = Dict{{"rank", rank()}};

  const auto everywhere = communicator_->AllGatherObject(mine);
  const auto on_main = communicator_->GatherObject(mine, 0);

  ASSERT_TRUE(everywhere.ok());
  ASSERT_TRUE(on_main.ok());
  ASSERT_EQ(everywhere->size(), world_size());
  for (int i = 0; i < world_size(); ++i) {
    EXPECT_TRUE(BitIdentical((*everywhere)[i], Dict{{"rank", i}}));
  }
  EXPECT_EQ(on_main->size(), rank() == 0 ? world_size() : 0);
}

TEST_P(CommunicatorTest, RanksOutsideTheWorldAreRefused) {
  for (int outside : {-1, world_size()}) {
    at::Tensor tensor = Of(rank());
    Value value;
    const absl::Status statuses[] = {
        communicator_->Broadcast(&tensor, outside),
        communicator_->BroadcastObject(&value, outside),
        communicator_->Gather(tensor, outside).status(),
        communicator_->GatherObject(value, outside).status()};
    for (const absl::Status& status : statuses) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr("rank " + std::to_string(outside)));
    }
  }
}

TEST_P(CommunicatorTest, SeedIsTheMainRanks) {
  EXPECT_EQ(*communicator_->SyncRandomSeed(100 + rank()), 100);
}

TEST_P(CommunicatorTest, ResultsComeInTheDatasetsOrderWithoutPadding) {
  // Sample i is on rank i % world_size; 3 samples for each rank, of which the
  // last one pads.
  Value::List results;
  for (int i = 0; i < 3; ++i) results.push_back(i * world_size() + rank());

  const auto collected =
      communicator_->CollectResults(results, 3 * world_size() - 1);

  ASSERT_TRUE(collected.ok());
  ASSERT_EQ(collected->size(), rank() == 0 ? 3 * world_size() - 1 : 0);
  for (int i = 0; i < collected->size(); ++i) {
    EXPECT_TRUE(BitIdentical((*collected)[i], i));
  }
}

TEST_P(CommunicatorTest, ResultsOfNegativeSizeAreRefused) {
  const absl::Status status = communicator_->CollectResults({}, -1).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("-1"));
}

TEST_P(CommunicatorTest, ReducesTensorsWithGapsAndEmptyOnes) {
  at::Tensor whole = at::zeros({3, 4}, at::kDouble);
  at::Tensor column = whole.select(1, 2);
  column.fill_(rank() + 1);
  at::Tensor empty = at::empty({0, 2});

  ASSERT_TRUE(communicator_->AllReduce(&column, ReduceOp::kSum).ok());
  ASSERT_TRUE(communicator_->AllReduce(&empty, ReduceOp::kSum).ok());

  const double n = world_size();
  EXPECT_EQ(whole.sum().item<double>(), 3 * n * (n + 1) / 2);
  EXPECT_EQ(column.sum().item<double>(), 3 * n * (n + 1) / 2);
  EXPECT_TRUE(empty.sizes().equals({0, 2}));
}

TEST_P(CommunicatorTest, ReducesEveryDtypeThatRealsAndIntegersHave) {
  for (const at::ScalarType dtype :
       {at::kByte, at::kChar, at::kInt, at::kLong, at::kHalf, at::kBFloat16,
        at::kFloat, at::kDouble}) {
    at::Tensor tensor = at::full({5}, rank() + 1, dtype);

    const absl::Status status =
        communicator_->AllReduce(&tensor, ReduceOp::kMax);

    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(at::equal(tensor, at::full({5}, world_size(), dtype)))
        << c10::toString(dtype);
  }
}

TEST_P(CommunicatorTest, GathersTensorsOfDifferentShapes) {
  // 0, 1, 2, ... rows.
  const auto of = [](int rank) { return at::full({rank, 2}, rank, at::kInt); };

  const auto everywhere = communicator_->AllGather(of(rank()));
  const auto on_main = communicator_->Gather(of(rank()).t(), 0);

  ASSERT_TRUE(everywhere.ok()) << everywhere.status();
  ASSERT_TRUE(on_main.ok()) << on_main.status();
  for (int i = 0; i < world_size(); ++i) {
    EXPECT_TRUE(at::equal((*everywhere)[i], of(i)));
    if (rank() != 0) continue;
    EXPECT_TRUE(at::equal((*on_main)[i], of(i).t()));
  }
}

TEST_P(CommunicatorTest, ReducesADictOfSeveralDtypes) {
  Dict values{{"count", at::full({}, rank(), at::kLong)},
              {"loss", Of(rank())},
              {"size", at::full({2}, 1, at::kLong)}};

  ASSERT_TRUE(communicator_->AllReduceDict(&values, ReduceOp::kSum).ok());

  const int64_t n = world_size();
  EXPECT_TRUE(BitIdentical(
      values, Dict{{"count", at::full({}, n * (n - 1) / 2, at::kLong)},
                   {"loss", at::full({2, 3}, n * (n + 1) / 2, at::kDouble)},
                   {"size", at::full({2}, n, at::kLong)}}));
}

TEST_P(CommunicatorTest, ResultsOfUnequalNumbersAreAllKept) {
  // Rank r has r + 1 of them, the k-th called "r.k".
  Value::List results;
  for (int k = 0; k <= rank(); ++k) {
    results.push_back(std::to_string(rank()) + "." + std::to_string(k));
  }

  const auto collected = communicator_->CollectResults(results, 1000);

  ASSERT_TRUE(collected.ok());
  Value::List expected;
  for (int k = 0; rank() == 0 && k < world_size(); ++k) {
    for (int r = k; r < world_size(); ++r) {
      expected.push_back(std::to_string(r) + "." + std::to_string(k));
    }
  }
  EXPECT_TRUE(BitIdentical(Value(*collected), Value(expected)));
}

TEST_P(CommunicatorTest, AGroupOfSomeRanksHasItsOwnCollectives) {
  // The last rank first, then the first one.
  std::vector<int> ranks = {world_size() - 1};
  if (world_size() > 1) ranks.push_back(0);

  const auto group = communicator_->NewGroup(ranks);

  ASSERT_TRUE(group.ok()) << group.status();
  const bool is_in = rank() == 0 || rank() == world_size() - 1;
  ASSERT_EQ(*group != nullptr, is_in);
  if (!is_in) return;
  EXPECT_EQ((*group)->rank(), rank() == world_size() - 1 ? 0 : 1);
  EXPECT_EQ((*group)->world_size(), ranks.size());
  const auto gathered = (*group)->AllGatherObject(rank());
  ASSERT_TRUE(gathered.ok());
  for (size_t i = 0; i < ranks.size(); ++i) {
    EXPECT_TRUE(BitIdentical((*gathered)[i], ranks[i]));
  }
}

TEST_P(CommunicatorTest, GroupsThatCannotBeAreRefused) {
  const std::vector<std::vector<int>> groups = {
      {}, {0, 0}, {world_size()}, {-1}};
  for (const std::vector<int>& ranks : groups) {
    EXPECT_EQ(communicator_->NewGroup(ranks).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_P(CommunicatorTest, GoesOnWhereNoRankWantsToStop) {
  EXPECT_FALSE(communicator_->StopAt(1, nullptr).has_value());
}

INSTANTIATE_TEST_SUITE_P(Communicator, CommunicatorTest,
                         ::testing::Values(CommunicatorUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal::dist
