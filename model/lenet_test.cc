#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/base_model.h"
#include "model/lenet.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::shared_ptr<BaseModel>> Build(int64_t num_classes) {
  LeNetConfig config;
  config.set_num_classes(num_classes);
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<BaseModel>::Get().Build(any);
}

TEST(LeNet, HasAScoreForEachClass) {
  const auto model = Build(3);
  ASSERT_TRUE(model.ok()) << model.status();

  const Value scores =
      (*model)->Forward(Batch(Dict{{"inputs", at::zeros({2, 1, 28, 28})}}));

  EXPECT_EQ(scores.get_if<at::Tensor>()->sizes().vec(),
            (std::vector<int64_t>{2, 3}));
}

TEST(LeNet, FewerThanTwoClassesAreRefused) {
  const auto model = Build(1);

  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("num_classes is 1; it must be at least 2"));
}

struct BadInputs {
  std::string name;
  std::vector<int64_t> shape;
};

class BadLeNetInputsTest : public testing::TestWithParam<BadInputs> {};

TEST_P(BadLeNetInputsTest, AreRefused) {
  const auto model = Build(10);
  ASSERT_TRUE(model.ok()) << model.status();

  try {
    (*model)->Forward(Batch(Dict{{"inputs", at::zeros(GetParam().shape)}}));
    FAIL() << "no exception";
  } catch (const c10::ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("needs inputs [N, 1, 28, 28], found"));
  }
}

INSTANTIATE_TEST_SUITE_P(LeNet, BadLeNetInputsTest,
                         testing::Values(BadInputs{"OneImage", {1, 28, 28}},
                                         BadInputs{"Coloured", {2, 3, 28, 28}},
                                         BadInputs{"Larger", {2, 1, 32, 32}}),
                         [](const auto& info) { return info.param.name; });

TEST(LeNet, LabelBeyondItsClassesThrows) {
  const auto model = Build(3);
  ASSERT_TRUE(model.ok());
  const Batch batch(Dict{{"inputs", at::zeros({1, 1, 28, 28})},
                         {"labels", at::zeros({1}, at::kLong) + 3}});

  try {
    (*model)->Loss(batch);
    FAIL() << "no exception";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("label 3 of sample 0"));
  }
}

}  // namespace
}  // namespace anneal
