#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dataset/build_for_test.h"
#include "dataset/golden_cases.h"
#include "dataset/infinite_sampler.pb.h"
#include "dataset/permutation.h"
#include "dataset/sampler.h"

namespace anneal {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::unique_ptr<Sampler> Make(const InfiniteSamplerConfig& config, int64_t size,
                              int rank = 0, int world_size = 1,
                              int64_t seed = 0) {
  return *Build<Sampler>(config, SamplerContext{size, rank, world_size, seed});
}

std::vector<int64_t> Take(Sampler* sampler, int64_t count) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < count; ++i) indices.push_back(*sampler->Next());
  return indices;
}

TEST(InfiniteSampler, EqualsMmengineInTheFirstPass) {
  for (const GoldenCase& golden : ReadGoldenCases("infinite_sampler.txt")) {
    InfiniteSamplerConfig config;
    config.set_shuffle(golden.integer(3) != 0);
    config.set_seed(golden.integer(4));
    const auto sampler =
        Make(config, golden.integer(0), golden.integer(2), golden.integer(1));

    EXPECT_THAT(Take(sampler.get(), golden.lists[0].size()),
                ElementsAreArray(golden.lists[0]))
        << golden.line;
  }
}

TEST(InfiniteSampler, HasNoEpochSize) {
  EXPECT_EQ(Make({}, 3)->epoch_size(), absl::nullopt);
}

TEST(InfiniteSampler, ShufflesEachPassBySeedAndPass) {
  const auto sampler = Make({}, 10, 0, 1, /*seed=*/6);

  EXPECT_THAT(Take(sampler.get(), 10),
              ElementsAreArray(Permutation(10, true, 6)));
  EXPECT_THAT(Take(sampler.get(), 10),
              ElementsAreArray(Permutation(10, true, 7)));
}

TEST(InfiniteSampler, KnowsThePassOfItsLastIndex) {
  const auto sampler = Make({}, 3);

  Take(sampler.get(), 3);
  EXPECT_EQ(sampler->epoch(), 0);
  sampler->Next();
  EXPECT_EQ(sampler->epoch(), 1);
}

// The stream of all ranks, its passes not padded, dealt out in turn.
TEST(InfiniteSampler, RanksShareOneStream) {
  const std::vector<int64_t> stream = Take(Make({}, 7).get(), 21);
  for (int rank = 0; rank < 3; ++rank) {
    std::vector<int64_t> expected;
    for (int i = rank; i < 21; i += 3) expected.push_back(stream[i]);

    EXPECT_EQ(Take(Make({}, 7, rank, 3).get(), 7), expected);
  }
}

TEST(InfiniteSampler, ResumesAnywhereAtAnyWorldSize) {
  const std::vector<int64_t> stream = Take(Make({}, 7).get(), 40);
  for (int64_t consumed = 0; consumed < 20; ++consumed) {
    std::vector<int64_t> rest(20);
    for (int rank = 0; rank < 4; ++rank) {
      const auto sampler = Make({}, 7, rank, 4);
      sampler->Seek(/*epoch=*/9, consumed);
      for (int i = rank; i < 20; i += 4) rest[i] = *sampler->Next();
    }

    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), stream.begin() + consumed))
        << consumed;
  }
}

TEST(InfiniteSampler, SeeksWithoutDrawingThePassesBefore) {
  const auto sampler = Make({}, 10);
  constexpr int64_t kFar = int64_t{1} << 50;

  sampler->Seek(0, kFar * 10);

  EXPECT_THAT(Take(sampler.get(), 10),
              ElementsAreArray(Permutation(10, true, kFar)));
}

TEST(InfiniteSampler, OfNothingIsRefused) {
  const absl::Status status =
      Build<Sampler>(InfiniteSamplerConfig(), SamplerContext()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("dataset is empty"));
}

}  // namespace
}  // namespace anneal
