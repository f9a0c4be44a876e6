#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "dataset/build_for_test.h"
#include "dataset/golden_cases.h"
#include "dataset/normalize.pb.h"
#include "dataset/transform.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

NormalizeConfig Config(const std::vector<double>& mean,
                       const std::vector<double>& std) {
  NormalizeConfig config;
  config.mutable_mean()->Add(mean.begin(), mean.end());
  config.mutable_std()->Add(std.begin(), std.end());
  return config;
}

// The sample after the transform, which takes no random number.
absl::StatusOr<Dict> Apply(const NormalizeConfig& config, Dict sample) {
  SampleRandom random(0, 0, 0);
  const absl::Status status =
      (*Build<Transform>(config))->Apply(&sample, &random);
  EXPECT_EQ(random.Next(), SampleRandom(0, 0, 0).Next());
  if (!status.ok()) return status;
  return sample;
}

TEST(Normalize, EqualsTorchToTheBit) {
  for (const GoldenCase& golden : ReadGoldenCases("normalize.txt")) {
    const std::vector<int64_t> shape = {golden.integer(1), golden.integer(2),
                                        golden.integer(3)};
    const auto sample = Apply(
        Config(golden.lists[0], golden.lists[1]),
        Dict{{"inputs", GoldenImage(golden.lists[2], shape, golden.words[0])}});

    EXPECT_TRUE(BitIdentical(*sample->Find("inputs"),
                             GoldenImage(golden.lists[3], shape, "float32")))
        << golden.line;
  }
}

TEST(Normalize, LeavesTheSourceAndOtherFieldsAlone) {
  const at::Tensor image = at::ones({1, 2, 2});

  const auto sample =
      Apply(Config({3}, {2}), Dict{{"inputs", image}, {"labels", 4}});

  EXPECT_TRUE(BitIdentical(*sample->Find("labels"), 4));
  EXPECT_TRUE(BitIdentical(*sample->Find("inputs"), at::full({1, 2, 2}, -1.f)));
  EXPECT_TRUE(BitIdentical(image, at::ones({1, 2, 2})));
}

TEST(Normalize, TakesAnImageThatIsNotContiguous) {
  const at::Tensor image = at::ones({2, 2, 1}).permute({2, 0, 1}).select(1, 0);

  const auto sample =
      Apply(Config({0}, {2}), Dict{{"inputs", image.unsqueeze(1)}});

  EXPECT_TRUE(BitIdentical(*sample->Find("inputs"), at::full({1, 1, 2}, 0.5f)));
}

TEST(Normalize, RefusesMeanAndStdOfDifferentLengths) {
  const absl::Status status = Build<Transform>(Config({1, 2, 3}, {1})).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("mean has 3 channels, std has 1"));
}

TEST(Normalize, RefusesNoChannel) {
  const absl::Status status = Build<Transform>(NormalizeConfig()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("mean"));
}

class NormalizeStd : public testing::TestWithParam<double> {};

TEST_P(NormalizeStd, MustBePositive) {
  const absl::Status status =
      Build<Transform>(Config({0, 0}, {1, GetParam()})).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("must be above 0"));
}

INSTANTIATE_TEST_SUITE_P(
    Values, NormalizeStd,
    testing::Values(0., -1., std::numeric_limits<double>::quiet_NaN()));

TEST(Normalize, NamesTheChannelsOfAnImageThatHasOthers) {
  const absl::Status status =
      Apply(Config({0, 0, 0}, {1, 1, 1}), Dict{{"inputs", at::ones({1, 2, 2})}})
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the image has 1 channels, mean and std have 3"));
}

TEST(Normalize, NeedsInputs) {
  const absl::Status status =
      Apply(Config({0}, {1}), Dict{{"img", at::ones({1, 2, 2})}}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("Normalize"), HasSubstr("inputs"), HasSubstr("img")));
}

struct NoImage {
  const char* name;
  Value value;
};

class NormalizeInputs : public testing::TestWithParam<NoImage> {};

TEST_P(NormalizeInputs, MustBeAnImage) {
  const absl::Status status =
      Apply(Config({0}, {1}), Dict{{"inputs", GetParam().value}}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Normalize"));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, NormalizeInputs,
    testing::Values(NoImage{"Text", "a.png"},
                    NoImage{"Matrix", at::zeros({2, 2})},
                    NoImage{"Batch", at::zeros({1, 1, 2, 2})},
                    NoImage{"Integers", at::zeros({1, 2, 2}, at::kLong)}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
