#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "model/base_model.h"
#include "model/lenet.pb.h"
#include "model/mlp.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::shared_ptr<BaseModel>> Build(const MLPConfig& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<BaseModel>::Get().Build(any);
}

MLPConfig Widths(const std::vector<int64_t>& widths) {
  MLPConfig config;
  for (const int64_t width : widths) config.add_widths(width);
  return config;
}

at::Tensor Forward(const at::Tensor& inputs) {
  const auto model = Build(Widths({6, 2}));
  EXPECT_TRUE(model.ok()) << model.status();
  return *(*model)
              ->Forward(Batch(Dict{{"inputs", inputs}}))
              .get_if<at::Tensor>();
}

TEST(MLP, TwoWidthsAreALinearModel) {
  const auto model = Build(Widths({6, 2}));
  ASSERT_TRUE(model.ok()) << model.status();

  EXPECT_EQ((*model)->named_parameters().keys(),
            (std::vector<std::string>{"0.weight", "0.bias"}));
}

// NumPy's numbers are float64 unless told otherwise; images are bytes.
TEST(MLP, InputsOfAnotherDtypeAreTakenAsFloat) {
  const auto model = Build(Widths({6, 4, 2}));
  ASSERT_TRUE(model.ok()) << model.status();
  auto forward = [&](const at::Tensor& inputs) {
    return *(*model)
                ->Forward(Batch(Dict{{"inputs", inputs}}))
                .get_if<at::Tensor>();
  };
  const at::Tensor inputs = at::randn({3, 6}).mul(10).abs().to(at::kByte);
  const at::Tensor expected = forward(inputs.to(at::kFloat));

  EXPECT_EQ(expected.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(forward(inputs), expected));
  EXPECT_TRUE(at::equal(forward(inputs.to(at::kDouble)), expected));
}

struct BadConfig {
  std::string name;
  MLPConfig config;
  std::string message;
};

BadConfig OfActivation() {
  BadConfig bad{"Activation", Widths({6, 2}),
                "activation is \"Relu\"; it must be one of GELU, ReLU, SiLU, "
                "Sigmoid, Tanh"};
  bad.config.set_activation("Relu");
  return bad;
}

BadConfig OfLoss() {
  BadConfig bad{"Loss", Widths({6, 2}), "LeNetConfig"};
  bad.config.mutable_loss()->PackFrom(LeNetConfig());
  return bad;
}

class BadMLPTest : public testing::TestWithParam<BadConfig> {};

TEST_P(BadMLPTest, IsRefused) {
  const auto model = Build(GetParam().config);

  EXPECT_FALSE(model.ok());
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    MLP, BadMLPTest,
    testing::Values(
        BadConfig{"NoWidths", Widths({}), "widths needs at least two numbers"},
        BadConfig{"OneWidth", Widths({6}), "widths needs at least two numbers"},
        BadConfig{"WidthOfZero", Widths({6, 0, 2}),
                  "widths has 0; each must be at least 1"},
        OfActivation(), OfLoss()),
    [](const auto& info) { return info.param.name; });

struct BadInputs {
  std::string name;
  std::vector<int64_t> shape;
};

class BadMLPInputsTest : public testing::TestWithParam<BadInputs> {};

TEST_P(BadMLPInputsTest, AreRefused) {
  try {
    Forward(at::zeros(GetParam().shape));
    FAIL() << "no exception";
  } catch (const c10::ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("widths begins with 6 features"));
  }
}

INSTANTIATE_TEST_SUITE_P(MLP, BadMLPInputsTest,
                         testing::Values(BadInputs{"OtherFeatures", {3, 5}},
                                         BadInputs{"FlattenedToOtherFeatures",
                                                   {6, 2, 2}},
                                         BadInputs{"NoSamples", {6}}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
