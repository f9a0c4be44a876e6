#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "dataset/build_for_test.h"
#include "dataset/golden_cases.h"
#include "dataset/random_flip.pb.h"
#include "dataset/transform.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

RandomFlipConfig Config(double prob, const std::string& direction) {
  RandomFlipConfig config;
  config.set_prob(prob);
  config.set_direction(direction);
  return config;
}

TEST(RandomFlip, EqualsNumpyInBothDirections) {
  for (const GoldenCase& golden : ReadGoldenCases("random_flip.txt")) {
    const std::vector<int64_t> shape = {golden.integer(1), golden.integer(2),
                                        golden.integer(3)};
    const auto flip = *Build<Transform>(Config(1, golden.words[4]));
    const at::Tensor image =
        GoldenImage(golden.lists[0], shape, golden.words[0]);
    Dict sample{{"inputs", image}};
    SampleRandom random(0, 0, 0);

    ASSERT_TRUE(flip->Apply(&sample, &random).ok()) << golden.line;

    EXPECT_TRUE(
        BitIdentical(*sample.Find("inputs"),
                     GoldenImage(golden.lists[1], shape, golden.words[0])))
        << golden.line;
    EXPECT_TRUE(BitIdentical(
        image, GoldenImage(golden.lists[0], shape, golden.words[0])));
  }
}

// The number of 10000 samples that a flip changes.
int NumFlipped(const RandomFlipConfig& config) {
  const auto flip = *Build<Transform>(config);
  int num_flipped = 0;
  for (int64_t index = 0; index < 10000; ++index) {
    at::Tensor image = at::ones({1, 1, 2}, at::kByte);
    image.data_ptr<uint8_t>()[0] = 0;
    Dict sample{{"inputs", image}};
    SampleRandom random(0, 0, index);
    EXPECT_TRUE(flip->Apply(&sample, &random).ok());
    num_flipped +=
        *sample.Find("inputs")->get_if<at::Tensor>()->data_ptr<uint8_t>();
  }
  return num_flipped;
}

TEST(RandomFlip, FlipsHalfHorizontallyByDefault) {
  EXPECT_NEAR(NumFlipped({}), 5000, 4 * std::sqrt(10000 * 0.5 * 0.5));
}

TEST(RandomFlip, HoldsItsProbability) {
  EXPECT_NEAR(NumFlipped(Config(0.1, "horizontal")), 1000,
              4 * std::sqrt(10000 * 0.1 * 0.9));
  EXPECT_EQ(NumFlipped(Config(0, "horizontal")), 0);
}

class RandomFlipProb : public testing::TestWithParam<double> {};

TEST_P(RandomFlipProb, MustBeAProbability) {
  const absl::Status status =
      Build<Transform>(Config(GetParam(), "horizontal")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("RandomFlip: prob"), HasSubstr("[0, 1]")));
}

INSTANTIATE_TEST_SUITE_P(
    Values, RandomFlipProb,
    testing::Values(-0.1, 1.5, std::numeric_limits<double>::quiet_NaN()));

TEST(RandomFlip, NamesTheDirectionsThereAre) {
  const absl::Status status =
      Build<Transform>(Config(0.5, "diagonal")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("direction is \"diagonal\"; it must be horizontal or "
                        "vertical"));
}

// Also where this sample is not flipped: a wrong pipeline fails at once.
TEST(RandomFlip, NeedsInputs) {
  const auto flip = *Build<Transform>(Config(0, "horizontal"));
  Dict sample;
  SampleRandom random(0, 0, 0);

  const absl::Status status = flip->Apply(&sample, &random);

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("RandomFlip"), HasSubstr("inputs")));
}

}  // namespace
}  // namespace anneal
