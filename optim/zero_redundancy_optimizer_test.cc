// ZeroRedundancyOptimizer, by its registered name.

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/struct_component.pb.h"
#include "optim/optimizer.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

google::protobuf::Value Word(const std::string& word) {
  google::protobuf::Value value;
  value.set_string_value(word);
  return value;
}
google::protobuf::Value Number(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return value;
}
google::protobuf::Value Flag(bool flag) {
  google::protobuf::Value value;
  value.set_bool_value(flag);
  return value;
}

using Fields = std::vector<std::pair<std::string, google::protobuf::Value>>;

absl::StatusOr<std::unique_ptr<Optimizer>> Build(const Fields& fields,
                                                 const at::Tensor& param) {
  StructComponent component;
  component.set_type("ZeroRedundancyOptimizer");
  for (const auto& [name, value] : fields) {
    (*component.mutable_fields()->mutable_fields())[name] = value;
  }
  google::protobuf::Any config;
  config.PackFrom(component);
  return RegistryOf<Optimizer>::Get().Build(
      config, std::vector<ParamGroup>{{{param}, {"weight"}, {}}});
}

TEST(ZeroRedundancyOptimizer, StepsAsTheOptimizerItNames) {
  const at::Tensor param = at::ones({2}).requires_grad_();
  const auto optimizer = Build({{"optimizer_type", Word("SGD")},
                                {"lr", Number(0.5)},
                                {"momentum", Number(0.9)},
                                {"overlap_with_ddp", Flag(false)},
                                {"parameters_as_bucket_view", Flag(true)}},
                               param);
  ASSERT_TRUE(optimizer.ok()) << optimizer.status();

  for (int i = 0; i < 2; ++i) {
    (*optimizer)->ZeroGrad();
    param.sum().backward();
    (*optimizer)->Step();
  }

  // 1 - 0.5 * 1 - 0.5 * (0.9 + 1)
  EXPECT_NEAR(param[0].item<double>(), -0.45, 1e-6);
}

TEST(ZeroRedundancyOptimizer, TrainsAGroupThatIsAddedLater) {
  const at::Tensor param = at::ones({2}).requires_grad_();
  const at::Tensor later = at::ones({2}).requires_grad_();
  const auto optimizer =
      *Build({{"optimizer_type", Word("SGD")}, {"lr", Number(0.5)}}, param);

  ASSERT_TRUE(optimizer->AddParamGroup({{later}, {"later"}, {}}).ok());

  later.sum().backward();
  optimizer->Step();
  EXPECT_EQ(later[0].item<double>(), 0.5);
  EXPECT_TRUE(optimizer->LoadStateDict(optimizer->state_dict()).ok());
}

// The estimate of the rate is in its groups, which are another's here.
TEST(ZeroRedundancyOptimizer, OptimizerOverAllParametersIsRefused) {
  const absl::Status status = Build({{"optimizer_type", Word("DAdaptAdam")}},
                                    at::ones({2}).requires_grad_())
                                  .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("optimizer_type is DAdaptAdam, whose step"));
}

TEST(ZeroRedundancyOptimizer, StateIsThatOfTheOptimizerItNames) {
  const at::Tensor param = at::ones({2}).requires_grad_();
  const auto optimizer = *Build({{"optimizer_type", Word("SGD")},
                                 {"lr", Number(0.5)},
                                 {"momentum", Number(0.9)}},
                                param);
  param.sum().backward();
  optimizer->Step();

  const Value state = optimizer->state_dict();

  const Dict& states = *state.get_if<Dict>()->Find("state")->get_if<Dict>();
  EXPECT_NE(states.Find(int64_t{0})->get_if<Dict>()->Find("momentum_buffer"),
            nullptr);
}

struct BadConfig {
  const char* name;
  Fields fields;
  const char* message;
};

class ZeroRedundancyOptimizerBadConfig
    : public ::testing::TestWithParam<BadConfig> {};

TEST_P(ZeroRedundancyOptimizerBadConfig, IsRefused) {
  const absl::Status status =
      Build(GetParam().fields, at::ones({2}).requires_grad_()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, ZeroRedundancyOptimizerBadConfig,
    ::testing::Values(
        BadConfig{"NoType", {{"lr", Number(1)}}, "optimizer_type is missing"},
        BadConfig{"UnknownType",
                  {{"optimizer_type", Word("SDG")}},
                  "ZeroRedundancyOptimizer: "},
        BadConfig{"Itself",
                  {{"optimizer_type", Word("ZeroRedundancyOptimizer")}},
                  "the optimizer itself"},
        BadConfig{"Field",
                  {{"optimizer_type", Word("SGD")},
                   {"lr", Number(1)},
                   {"momentun", Number(1)}},
                  "did you mean \"momentum\"?"},
        BadConfig{"Overlap",
                  {{"optimizer_type", Word("SGD")},
                   {"lr", Number(1)},
                   {"overlap_with_ddp", Flag(true)}},
                  "overlap_with_ddp is true"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
