#include "utils/tensor2imgs.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_split.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

std::vector<double> Numbers(const std::string& text) {
  std::vector<double> numbers;
  if (text == "-") return numbers;
  for (absl::string_view number : absl::StrSplit(text, ',')) {
    numbers.push_back(std::stod(std::string(number)));
  }
  return numbers;
}

TEST(Tensor2Imgs, GivesMmenginesNumbers) {
  std::ifstream golden("utils/tensor2imgs_golden.txt");
  std::string line;
  int num_cases = 0;
  while (std::getline(golden, line)) {
    ++num_cases;
    std::istringstream words(line);
    int64_t channels;
    std::string mean, std, bar;
    bool to_bgr;
    words >> channels >> mean >> std >> to_bgr >> bar;
    const at::Tensor tensor =
        at::arange(2 * channels * 2 * 3, at::kFloat).view({2, channels, 2, 3});

    const auto images =
        Tensor2Imgs(tensor, Numbers(mean), Numbers(std), to_bgr);

    ASSERT_TRUE(images.ok()) << images.status();
    ASSERT_EQ(images->size(), 2);
    for (const at::Tensor& image : *images) {
      EXPECT_EQ(image.sizes(), (at::IntArrayRef{2, 3, channels}));
      ASSERT_TRUE(image.is_contiguous());
      for (int64_t i = 0; i < image.numel(); ++i) {
        double expected;
        words >> expected;
        EXPECT_EQ(image.const_data_ptr<float>()[i], expected) << line;
      }
    }
  }
  EXPECT_EQ(num_cases, 6);
}

struct WrongCase {
  const char* name;
  std::vector<int64_t> shape;
  std::vector<double> mean;
  bool to_bgr;
  const char* words;
};

class Tensor2ImgsWrong : public ::testing::TestWithParam<WrongCase> {};

TEST_P(Tensor2ImgsWrong, IsNamed) {
  const WrongCase& wrong = GetParam();

  const absl::Status status =
      Tensor2Imgs(at::zeros(wrong.shape), wrong.mean, {}, wrong.to_bgr)
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(wrong.words));
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, Tensor2ImgsWrong,
    ::testing::Values(
        WrongCase{"Dimensions", {3, 2, 2}, {}, false, "shape [ 3 2 2 ]"},
        WrongCase{"Channels", {1, 2, 2, 2}, {}, false, "C of 3 or 1"},
        WrongCase{"Mean", {1, 3, 2, 2}, {1}, true, "have 1 and 0 values for 3"},
        WrongCase{"GrayBgr", {1, 1, 2, 2}, {}, true, "set to_bgr to false"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
