#include "strategy/rank_state.h"

#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dist/communicator.h"
#include "dist/single_process.h"
#include "optim/optimizer.h"
#include "tests/support/ranks.h"
#include "utils/value.h"

namespace anneal {
namespace {

// An optimizer that only says whether it is sharded.
class Named : public Optimizer {
 public:
  explicit Named(bool is_sharded)
      : Optimizer(Dict()), is_sharded_(is_sharded) {}

  void Step() override {}
  bool is_sharded() const override { return is_sharded_; }

 protected:
  absl::string_view type_name() const override { return "Named"; }
  absl::Status ValidateOptions(const Dict&) const override {
    return absl::OkStatus();
  }
  void ParamsAdded() override {}
  Dict ParamState(size_t, size_t) const override { return {}; }
  absl::Status CheckParamState(size_t, size_t, const Dict&) const override {
    return absl::OkStatus();
  }
  void LoadParamState(size_t, size_t, const Dict&) override {}

 private:
  bool is_sharded_;
};

at::Tensor Two(double value) { return at::full({2}, value); }

// Of a window in which the first parameter has a gradient on every rank, the
// second on rank 1 only.
Dict InAWindow(int rank) {
  Dict gradients;
  gradients[int64_t{0}] = Two(rank + 1);
  if (rank == 1) gradients[int64_t{1}] = Two(8);
  return Dict{{"state", Dict()},
              {"accumulation",
               Dict{{"inner_count", 1}, {"gradients", std::move(gradients)}}}};
}

const Value& At(const Value& state, const char* key) {
  return *state.get_if<Dict>()->Find(key);
}

TEST(RankState, GradientsOfAWindowAreTheirMeanAndEachRanks) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Named optimizer(/*is_sharded=*/false);
    Value state = InAWindow(communicator.rank());

    ASSERT_TRUE(GatherRankState({{"", &optimizer}}, communicator, &state).ok());

    if (!communicator.is_main_rank()) return;
    const Value& accumulation = At(state, "accumulation");
    Dict mean;
    mean[int64_t{0}] = Two(1.5);
    mean[int64_t{1}] = Two(4);
    EXPECT_TRUE(BitIdentical(At(accumulation, "gradients"), mean));
    EXPECT_TRUE(BitIdentical(
        At(accumulation, "rank_gradients"),
        Value::List{At(At(InAWindow(0), "accumulation"), "gradients"),
                    At(At(InAWindow(1), "accumulation"), "gradients")}));
  });
}

TEST(RankState, EachRankTakesItsOwnGradientsBack) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Named optimizer(/*is_sharded=*/false);
    Value state = Dict{{"d", InAWindow(communicator.rank())}};
    ASSERT_TRUE(
        GatherRankState({{"d", &optimizer}}, communicator, &state).ok());
    ASSERT_TRUE(communicator.BroadcastObject(&state, 0).ok());

    TakeRankState({{"d", &optimizer}}, communicator, &state);

    EXPECT_TRUE(
        BitIdentical(state, Dict{{"d", InAWindow(communicator.rank())}}));
  });
}

TEST(RankState, OtherNumbersOfRanksTakeTheMean) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Named optimizer(/*is_sharded=*/false);
    Value state = InAWindow(communicator.rank());
    ASSERT_TRUE(GatherRankState({{"", &optimizer}}, communicator, &state).ok());
    if (!communicator.is_main_rank()) return;

    TakeRankState({{"", &optimizer}}, *dist::SingleProcess(), &state);

    const Value& accumulation = At(state, "accumulation");
    EXPECT_EQ(accumulation.get_if<Dict>()->Find("rank_gradients"), nullptr);
    EXPECT_TRUE(BitIdentical(
        *At(accumulation, "gradients").get_if<Dict>()->Find(int64_t{0}),
        Two(1.5)));
  });
}

TEST(RankState, OutsideAWindowNothingIsAdded) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Named optimizer(/*is_sharded=*/false);
    const Dict before{{"state", Dict()},
                      {"accumulation", Dict{{"gradients", Dict()}}}};
    Value state = before;

    ASSERT_TRUE(GatherRankState({{"", &optimizer}}, communicator, &state).ok());

    EXPECT_TRUE(BitIdentical(state, before));
  });
}

TEST(RankState, ShardsBecomeOneStateInOrder) {
  RunRanks(3, [](dist::Communicator& communicator) {
    Named optimizer(/*is_sharded=*/true);
    Dict own;
    for (const int64_t index : {int64_t{2} - communicator.rank(), int64_t{5}}) {
      // The last is rank 1's alone.
      if (index == 5 && communicator.rank() != 1) continue;
      own[index] = Dict{{"exp_avg", Two(index)}};
    }
    Value state = Dict{{"state", own}};

    ASSERT_TRUE(GatherRankState({{"", &optimizer}}, communicator, &state).ok());

    Dict whole;
    for (const int64_t index : {0, 1, 2, 5}) {
      whole[index] = Dict{{"exp_avg", Two(index)}};
    }
    EXPECT_TRUE(BitIdentical(At(state, "state"),
                             communicator.is_main_rank() ? whole : own));
  });
}

// Larger than what travels at once.
TEST(RankState, LargeShardsComeInPieces) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Named optimizer(/*is_sharded=*/true);
    Dict own;
    for (int64_t index = communicator.rank(); index < 6; index += 2) {
      const at::Tensor large = at::full({8 << 20}, static_cast<float>(index));
      own[index] = Dict{{"step", 2.0}, {"exp_avg", large}};
    }
    Value state = Dict{{"state", own}};

    ASSERT_TRUE(GatherRankState({{"", &optimizer}}, communicator, &state).ok());

    if (!communicator.is_main_rank()) return;
    const Dict& whole = *At(state, "state").get_if<Dict>();
    ASSERT_EQ(whole.size(), 6);
    for (int64_t index = 0; index < 6; ++index) {
      const at::Tensor& large =
          *At(*whole.Find(index), "exp_avg").get_if<at::Tensor>();
      EXPECT_EQ(large.min().item<int64_t>(), index);
      EXPECT_EQ(large.max().item<int64_t>(), index);
    }
  });
}

TEST(RankState, StateOfAnotherShapeStaysAsItIs) {
  RunProcesses(1, [](const dist::GroupOptions&) {
    Named optimizer(/*is_sharded=*/false);
    for (const Value& before :
         {Value(), Value(3), Value(Dict{{"accumulation", 3}}),
          Value(Dict{{"accumulation", Dict{{"rank_gradients", 3}}}})}) {
      Value state = before;

      TakeRankState({{"", &optimizer}}, *dist::SingleProcess(), &state);

      EXPECT_TRUE(BitIdentical(state, before));
    }
  });
}

}  // namespace
}  // namespace anneal
