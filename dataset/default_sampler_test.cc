#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "dataset/build_for_test.h"
#include "dataset/default_sampler.pb.h"
#include "dataset/golden_cases.h"
#include "dataset/permutation.h"
#include "dataset/sampler.h"

namespace anneal {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

std::unique_ptr<Sampler> Make(const DefaultSamplerConfig& config, int64_t size,
                              int rank = 0, int world_size = 1,
                              int64_t seed = 0) {
  return *Build<Sampler>(config, SamplerContext{size, rank, world_size, seed});
}

std::vector<int64_t> Rest(Sampler* sampler) {
  std::vector<int64_t> indices;
  while (const auto index = sampler->Next()) indices.push_back(*index);
  return indices;
}

TEST(DefaultSampler, EqualsMmengine) {
  for (const GoldenCase& golden : ReadGoldenCases("default_sampler.txt")) {
    DefaultSamplerConfig config;
    config.set_shuffle(golden.integer(3) != 0);
    config.set_round_up(golden.integer(4) != 0);
    config.set_seed(golden.integer(5));
    const auto sampler =
        Make(config, golden.integer(0), golden.integer(2), golden.integer(1));

    sampler->Seek(golden.integer(6), 0);

    EXPECT_EQ(sampler->epoch_size(), golden.lists[0].size()) << golden.line;
    EXPECT_THAT(Rest(sampler.get()), ElementsAreArray(golden.lists[0]))
        << golden.line;
  }
}

TEST(DefaultSampler, StartsAtEpochZeroWithTheRunsSeed) {
  const auto sampler = Make({}, 20, 0, 1, /*seed=*/5);

  EXPECT_THAT(Rest(sampler.get()), ElementsAreArray(Permutation(20, true, 5)));
}

TEST(DefaultSampler, PrefersItsOwnSeed) {
  DefaultSamplerConfig config;
  config.set_seed(0);
  const auto sampler = Make(config, 20, 0, 1, /*seed=*/5);

  EXPECT_THAT(Rest(sampler.get()), ElementsAreArray(Permutation(20, true, 0)));
}

TEST(DefaultSampler, StaysAtTheEnd) {
  const auto sampler = Make({}, 2);
  Rest(sampler.get());

  EXPECT_EQ(sampler->Next(), absl::nullopt);
  EXPECT_EQ(sampler->Next(), absl::nullopt);
}

TEST(DefaultSampler, KnowsItsEpoch) {
  const auto sampler = Make({}, 2);
  EXPECT_EQ(sampler->epoch(), 0);

  sampler->Seek(7, 1);

  EXPECT_EQ(sampler->epoch(), 7);
}

TEST(DefaultSampler, ComesBackToAnEarlierEpoch) {
  const auto sampler = Make({}, 20);
  const std::vector<int64_t> first = Rest(sampler.get());
  sampler->Seek(3, 0);
  ASSERT_NE(Rest(sampler.get()), first);

  sampler->Seek(0, 0);

  EXPECT_EQ(Rest(sampler.get()), first);
}

TEST(DefaultSampler, SeeksAnyEpochWithoutThoseBefore) {
  const auto sampler = Make({}, 20);
  constexpr int64_t kFar = int64_t{1} << 50;

  sampler->Seek(kFar, 0);

  EXPECT_THAT(Rest(sampler.get()),
              ElementsAreArray(Permutation(20, true, kFar)));
}

TEST(DefaultSampler, OfNothingIsAtItsEnd) {
  const auto sampler = Make({}, 0, 1, 3);

  EXPECT_EQ(sampler->epoch_size(), 0);
  EXPECT_EQ(sampler->Next(), absl::nullopt);
}

// A rank goes on from any place as it would have without the stop.
TEST(DefaultSampler, ResumesInsideAnEpoch) {
  for (int64_t taken = 0; taken <= 4; ++taken) {
    const auto whole = Make({}, 11, 1, 3);
    whole->Seek(2, 0);
    for (int64_t i = 0; i < taken; ++i) whole->Next();
    const auto resumed = Make({}, 11, 1, 3);

    resumed->Seek(2, taken * 3);

    EXPECT_EQ(Rest(resumed.get()), Rest(whole.get())) << taken;
  }
}

class DefaultSamplerWorld
    : public testing::TestWithParam<std::tuple<int, bool>> {};

// Wherever the ranks before stopped, the new ones take what they left.
TEST_P(DefaultSamplerWorld, ResumesAtAnotherSize) {
  const auto [world_size, round_up] = GetParam();
  constexpr int64_t kSize = 23;
  DefaultSamplerConfig config;
  config.set_round_up(round_up);
  const std::vector<int64_t> order = Permutation(kSize, true, 4);
  for (int64_t consumed = 0; consumed <= kSize; ++consumed) {
    const std::set<int64_t> left(order.begin() + consumed, order.end());
    std::vector<int64_t> taken;
    std::set<size_t> counts;
    for (int rank = 0; rank < world_size; ++rank) {
      const auto sampler = Make(config, kSize, rank, world_size);
      sampler->Seek(4, consumed);
      const std::vector<int64_t> rest = Rest(sampler.get());
      taken.insert(taken.end(), rest.begin(), rest.end());
      counts.insert(rest.size());
    }

    EXPECT_THAT(taken, IsSupersetOf(left)) << consumed;
    if (round_up) {
      EXPECT_EQ(counts.size(), 1) << consumed;
      EXPECT_LT(taken.size(), left.size() + world_size) << consumed;
    } else {
      EXPECT_EQ(taken.size(), left.size()) << consumed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, DefaultSamplerWorld,
                         testing::Combine(testing::Values(1, 2, 5, 30),
                                          testing::Bool()),
                         [](const auto& info) {
                           return std::to_string(std::get<0>(info.param)) +
                                  "Ranks" +
                                  (std::get<1>(info.param) ? "RoundUp" : "");
                         });

TEST(DefaultSampler, IsAtTheEndBehindTheLastSample) {
  const auto sampler = Make({}, 5, 0, 2);

  sampler->Seek(0, 6);

  EXPECT_THAT(Rest(sampler.get()), IsEmpty());
}

}  // namespace
}  // namespace anneal
