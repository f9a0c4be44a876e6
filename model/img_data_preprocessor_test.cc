#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "model/data_preprocessor.h"
#include "model/golden.h"
#include "model/img_data_preprocessor.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::unique_ptr<DataPreprocessor>> Build(
    const std::string& text) {
  ImgDataPreprocessorConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<DataPreprocessor>::Get().Build(any);
}

at::Tensor Processed(const std::string& config, const at::Tensor& images) {
  auto preprocessor = Build(config);
  EXPECT_TRUE(preprocessor.ok()) << preprocessor.status();
  return (*preprocessor)
      ->Process(Batch(Dict{{"inputs", images}}), /*training=*/true)
      .tensor("inputs");
}

constexpr char kRgb[] =
    "mean: [123.675, 116.28, 103.53] std: [58.395, 57.12, 57.375] ";

struct Case {
  std::string name;
  std::string config;
};

class ImgDataPreprocessorTest : public testing::TestWithParam<Case> {};

TEST_P(ImgDataPreprocessorTest, EqualsMMEngine) {
  const Golden golden("model/testdata/img_data_preprocessor.txt");
  const at::Tensor images =
      at::arange(45).mul(37).remainder(256).to(at::kByte).view({1, 3, 3, 5});

  const at::Tensor out = Processed(GetParam().config, images);

  EXPECT_EQ(out.scalar_type(), at::kFloat);
  const auto& shape = golden.Numbers(GetParam().name + "/shape");
  EXPECT_EQ(out.sizes().vec(),
            std::vector<int64_t>(shape.begin(), shape.end()));
  EXPECT_TRUE(
      NearlyEqual(out, golden.Tensor(GetParam().name + "/inputs"), 1e-7));
}

INSTANTIATE_TEST_SUITE_P(
    ImgDataPreprocessor, ImgDataPreprocessorTest,
    testing::Values(
        Case{"normalise", kRgb}, Case{"one_for_all", "mean: 127.5 std: 64"},
        Case{"bgr_to_rgb", absl::StrCat(kRgb, "bgr_to_rgb: true")},
        Case{"rgb_to_bgr", "rgb_to_bgr: true"},
        Case{"pad", absl::StrCat(kRgb, "pad_size_divisor: 4 pad_value: 0.5")}),
    [](const auto& info) { return info.param.name; });

TEST(ImgDataPreprocessor, LeavesTheGivenImagesAsTheyWere) {
  const at::Tensor images = at::full({1, 1, 2, 2}, 3.0);

  const at::Tensor out = Processed("mean: 1 std: 2", images);

  EXPECT_TRUE(at::equal(images, at::full({1, 1, 2, 2}, 3.0)));
  EXPECT_TRUE(at::equal(out, at::ones({1, 1, 2, 2})));
}

TEST(ImgDataPreprocessor, OtherFieldsPass) {
  auto preprocessor = Build("");
  ASSERT_TRUE(preprocessor.ok());

  const Batch out = (*preprocessor)
                        ->Process(Batch(Dict{{"inputs", at::ones({1, 1, 2, 2})},
                                             {"path", "a.png"}}),
                                  /*training=*/false);

  EXPECT_EQ(*out.fields().Find("path")->AsString("path"), "a.png");
}

struct BadConfig {
  std::string name;
  std::string config;
  std::string message;
};

class BadConfigTest : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigTest, IsRefused) {
  const auto preprocessor = Build(GetParam().config);

  EXPECT_EQ(preprocessor.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(preprocessor.status().message()),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    ImgDataPreprocessor, BadConfigTest,
    testing::Values(
        BadConfig{"MeanWithoutStd", "mean: 1",
                  "mean has 1 channels, std has 0"},
        BadConfig{"MoreStds", "mean: 1 std: [1, 2]",
                  "mean has 1 channels, std has 2"},
        BadConfig{"StdOfZero", "mean: 1 std: 0", "std is 0; it must be above"},
        BadConfig{"StdIsNoNumber", "mean: 1 std: nan", "std is nan"},
        BadConfig{"BothSwaps", "bgr_to_rgb: true rgb_to_bgr: true",
                  "bgr_to_rgb and rgb_to_bgr are both true"},
        BadConfig{"DivisorOfZero", "pad_size_divisor: 0",
                  "pad_size_divisor is 0; it must be at least 1"}),
    [](const auto& info) { return info.param.name; });

struct BadImages {
  std::string name;
  std::string config;
  at::Tensor images;
  std::string message;
};

class BadImagesTest : public testing::TestWithParam<BadImages> {};

TEST_P(BadImagesTest, AreRefused) {
  try {
    Processed(GetParam().config, GetParam().images);
    FAIL() << "no exception";
  } catch (const c10::ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    ImgDataPreprocessor, BadImagesTest,
    testing::Values(
        BadImages{"NoChannels", "", at::zeros({2, 28, 28}),
                  "needs inputs [N, C, H, W], found [2, 28, 28]"},
        BadImages{"OtherChannels", kRgb, at::zeros({2, 4, 8, 8}),
                  "the images have 4 channels, mean and std have 3"},
        BadImages{"SwapOfGrey", "rgb_to_bgr: true", at::zeros({2, 1, 8, 8}),
                  "have 1 channels; bgr_to_rgb and rgb_to_bgr need 3"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
