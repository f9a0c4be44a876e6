#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "dataset/build_for_test.h"
#include "dataset/golden_cases.h"
#include "dataset/random_crop.pb.h"
#include "dataset/transform.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

RandomCropConfig Config(std::vector<int64_t> size, int64_t padding) {
  RandomCropConfig config;
  config.mutable_size()->Add(size.begin(), size.end());
  config.set_padding(padding);
  return config;
}

// A sample whose draws put the crop's corner at (top, left) of as many.
SampleRandom RandomFor(int64_t top, int64_t rows, int64_t left,
                       int64_t columns) {
  for (int64_t index = 0;; ++index) {
    SampleRandom random(0, 0, index);
    if (random.UniformInt(0, rows - 1) == top &&
        random.UniformInt(0, columns - 1) == left) {
      return SampleRandom(0, 0, index);
    }
  }
}

TEST(RandomCrop, EqualsNumpyAtEveryCorner) {
  for (const GoldenCase& golden : ReadGoldenCases("random_crop.txt")) {
    const std::vector<int64_t> shape = {golden.integer(1), golden.integer(2),
                                        golden.integer(3)};
    const int64_t height = golden.integer(4);
    const int64_t width = golden.integer(5);
    const int64_t padding = golden.integer(6);
    const auto crop = *Build<Transform>(Config({height, width}, padding));
    SampleRandom random =
        RandomFor(golden.integer(7), shape[1] + 2 * padding - height + 1,
                  golden.integer(8), shape[2] + 2 * padding - width + 1);
    const at::Tensor image =
        GoldenImage(golden.lists[0], shape, golden.words[0]);
    Dict sample{{"inputs", image}};

    ASSERT_TRUE(crop->Apply(&sample, &random).ok()) << golden.line;

    EXPECT_TRUE(
        BitIdentical(*sample.Find("inputs"),
                     GoldenImage(golden.lists[1], {shape[0], height, width},
                                 golden.words[0])))
        << golden.line;
    EXPECT_TRUE(BitIdentical(
        image, GoldenImage(golden.lists[0], shape, golden.words[0])));
  }
}

TEST(RandomCrop, OneNumberIsASquare) {
  const auto crop = *Build<Transform>(Config({2}, 0));
  Dict sample{{"inputs", at::ones({3, 4, 5})}};
  SampleRandom random(0, 0, 0);

  ASSERT_TRUE(crop->Apply(&sample, &random).ok());

  EXPECT_TRUE(BitIdentical(*sample.Find("inputs"), at::ones({3, 2, 2})));
}

TEST(RandomCrop, ReachesEveryCorner) {
  const auto crop = *Build<Transform>(Config({2}, 0));
  std::set<std::pair<int64_t, int64_t>> corners;
  for (int64_t index = 0; index < 200; ++index) {
    at::Tensor image = at::zeros({1, 3, 4}, at::kByte);
    for (int i = 0; i < 12; ++i) image.data_ptr<uint8_t>()[i] = i;
    Dict sample{{"inputs", image}};
    SampleRandom random(0, 0, index);
    ASSERT_TRUE(crop->Apply(&sample, &random).ok());
    const int corner =
        *sample.Find("inputs")->get_if<at::Tensor>()->data_ptr<uint8_t>();
    corners.emplace(corner / 4, corner % 4);
  }

  EXPECT_EQ(corners.size(), 2 * 3);
}

struct BadConfig {
  const char* name;
  RandomCropConfig config;
};

class RandomCropConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(RandomCropConfigs, AreRefusedWithTheirNumbers) {
  const absl::Status status = Build<Transform>(GetParam().config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("RandomCrop: size is ["),
                    HasSubstr(std::to_string(GetParam().config.padding())),
                    HasSubstr("one or two numbers of at least 1")));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, RandomCropConfigs,
    testing::Values(BadConfig{"NoSize", Config({}, 0)},
                    BadConfig{"ThreeSizes", Config({1, 2, 3}, 0)},
                    BadConfig{"ZeroHeight", Config({0, 2}, 0)},
                    BadConfig{"NegativeWidth", Config({2, -1}, 0)},
                    BadConfig{"NegativePadding", Config({2}, -1)}),
    [](const auto& info) { return info.param.name; });

TEST(RandomCrop, RefusesASmallerImage) {
  const auto crop = *Build<Transform>(Config({8, 4}, 1));
  Dict sample{{"inputs", at::ones({3, 5, 6})}};
  SampleRandom random(0, 0, 0);

  const absl::Status status = crop->Apply(&sample, &random);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("an image of 5 x 6 with padding 1 is smaller than the "
                        "crop of 8 x 4"));
}

TEST(RandomCrop, NeedsInputs) {
  const auto crop = *Build<Transform>(Config({2}, 0));
  Dict sample;
  SampleRandom random(0, 0, 0);

  const absl::Status status = crop->Apply(&sample, &random);

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("RandomCrop"), HasSubstr("inputs")));
}

}  // namespace
}  // namespace anneal
