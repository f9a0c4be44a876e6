#include "utils/sample_random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace anneal {
namespace {

using ::testing::ElementsAre;

TEST(SampleRandom, IsSplitMix64) {
  // The index whose mix is 1234567, the seed of the published test vector:
  // Mix's inverse, as 0 mixes to 0.
  SampleRandom random(/*seed=*/0, /*epoch=*/0, /*index=*/4860507420001330595);

  std::vector<uint64_t> numbers;
  for (int i = 0; i < 5; ++i) numbers.push_back(random.Next());

  EXPECT_THAT(numbers, ElementsAre(6457827717110365317u, 3203168211198807973u,
                                   9817491932198370423u, 4593380528125082431u,
                                   16408922859458223821u));
}

TEST(SampleRandom, SameSampleDrawsTheSame) {
  SampleRandom a(1, 2, 3);
  SampleRandom b(1, 2, 3);

  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.Next(), b.Next());
}

TEST(SampleRandom, NeighboursDrawOtherNumbers) {
  std::set<uint64_t> firsts;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    for (int64_t epoch = 0; epoch < 10; ++epoch) {
      for (int64_t index = 0; index < 100; ++index) {
        firsts.insert(SampleRandom(seed, epoch, index).Next());
      }
    }
  }

  EXPECT_EQ(firsts.size(), 10 * 10 * 100);
}

TEST(SampleRandom, FirstDrawsOfNeighboursAreUncorrelated) {
  constexpr int kSamples = 100000;
  double sum = 0;
  for (int64_t i = 0; i < kSamples; ++i) {
    sum += (SampleRandom(0, 0, i).Uniform() - 0.5) *
           (SampleRandom(0, 0, i + 1).Uniform() - 0.5);
  }

  // The product's standard deviation is 1/12; four of the mean's.
  EXPECT_LT(std::abs(sum / kSamples), 4.0 / 12 / std::sqrt(kSamples));
}

TEST(SampleRandom, UniformIsUniformBelowOne) {
  constexpr int kDraws = 100000;
  SampleRandom random(0, 0, 0);
  std::vector<int> counts(10);
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.Uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    ++counts[static_cast<int>(value * 10)];
  }

  double chi_square = 0;
  for (int count : counts) {
    chi_square += std::pow(count - kDraws / 10, 2) / (kDraws / 10);
  }
  EXPECT_LT(chi_square, 27.9);  // 9 degrees of freedom, 0.1%
}

TEST(SampleRandom, UniformIntReachesBothEndsAlike) {
  constexpr int kDraws = 90000;
  SampleRandom random(0, 0, 0);
  std::vector<int> counts(9);
  for (int i = 0; i < kDraws; ++i) {
    const int64_t value = random.UniformInt(-4, 4);
    ASSERT_GE(value, -4);
    ASSERT_LE(value, 4);
    ++counts[value + 4];
  }

  double chi_square = 0;
  for (int count : counts) chi_square += std::pow(count - 10000, 2) / 10000;
  EXPECT_LT(chi_square, 26.1);  // 8 degrees of freedom, 0.1%
}

TEST(SampleRandom, UniformIntTakesOneValueAndHugeRanges) {
  SampleRandom random(0, 0, 0);

  EXPECT_EQ(random.UniformInt(7, 7), 7);
  std::set<int64_t> values;
  for (int i = 0; i < 100; ++i) {
    values.insert(random.UniformInt(0, std::numeric_limits<int64_t>::max()));
  }
  EXPECT_EQ(values.size(), 100);
  EXPECT_GE(*values.begin(), 0);
}

TEST(SampleRandom, BernoulliHoldsItsProbability) {
  SampleRandom random(0, 0, 0);
  int num_true = 0;
  for (int i = 0; i < 100000; ++i) num_true += random.Bernoulli(0.3);

  EXPECT_NEAR(num_true, 30000, 4 * std::sqrt(100000 * 0.3 * 0.7));
}

TEST(SampleRandom, BernoulliOfNoneAndAllIsCertain) {
  SampleRandom random(0, 0, 0);

  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(random.Bernoulli(0));
    EXPECT_TRUE(random.Bernoulli(1));
  }
}

}  // namespace
}  // namespace anneal
