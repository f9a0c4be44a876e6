#include "optim/sgd.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace anneal {
namespace {

using ::testing::HasSubstr;

SGDConfig Config(const std::string& text) {
  SGDConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return config;
}

at::Tensor Parameter() { return at::ones({2, 3}).set_requires_grad(true); }

std::vector<ParamGroup> OneGroup(const at::Tensor& param) {
  return {ParamGroup{{param}, {"weight"}, {}}};
}

TEST(SGD, BufferOfNoneIsNoBuffer) {
  const at::Tensor param = Parameter();
  const auto sgd = *SGD::Create(Config("lr: 0.5 momentum: 0.9 dampening: 0.5"),
                                OneGroup(param));
  Value state = sgd->state_dict();
  (*state.get_if<Dict>())["state"] =
      Dict{{int64_t{0}, Dict{{"momentum_buffer", Value()}}}};

  ASSERT_TRUE(sgd->LoadStateDict(state).ok());
  param.mutable_grad() = at::ones({2, 3});
  sgd->Step();

  // The first step takes the gradient whole, whatever the dampening.
  EXPECT_EQ(param.mean().item<double>(), 0.5);
}

struct BadConfig {
  const char* name;
  const char* config;
  const char* word;
};

class SGDBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(SGDBadConfig, IsRefused) {
  const auto sgd =
      SGD::Create(Config(GetParam().config), OneGroup(Parameter()));

  EXPECT_EQ(sgd.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(sgd.status().message()), HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, SGDBadConfig,
    ::testing::Values(
        BadConfig{"NegativeRate", "lr: -0.1",
                  "lr is -0.1; it must be finite and not negative"},
        BadConfig{"NanRate", "lr: nan", "lr is nan"},
        BadConfig{"InfiniteRate", "lr: inf", "lr is inf"},
        BadConfig{"Momentum", "lr: 1 momentum: -1", "momentum is -1"},
        BadConfig{"WeightDecay", "lr: 1 weight_decay: nan",
                  "weight_decay is nan"},
        BadConfig{"Dampening", "lr: 1 momentum: 1 dampening: nan",
                  "dampening is nan"},
        BadConfig{"NesterovWithoutMomentum", "lr: 1 nesterov: true",
                  "nesterov needs momentum above 0"},
        BadConfig{"NesterovWithDampening",
                  "lr: 1 nesterov: true momentum: 0.9 dampening: 0.1",
                  "dampening 0, got 0.9 and 0.1"}),
    [](const auto& info) { return info.param.name; });

TEST(SGD, NoParametersAreRefused) {
  for (std::vector<ParamGroup> groups :
       {std::vector<ParamGroup>(), std::vector<ParamGroup>(1)}) {
    const auto sgd = SGD::Create(Config("lr: 1"), std::move(groups));

    EXPECT_EQ(sgd.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(sgd.status().message()),
                HasSubstr("SGD got no parameters"));
  }
}

TEST(SGD, BufferOfAnotherShapeIsRefused) {
  const auto sgd =
      *SGD::Create(Config("lr: 1 momentum: 0.9"), OneGroup(Parameter()));
  Value state = sgd->state_dict();
  (*state.get_if<Dict>())["state"] =
      Dict{{int64_t{0}, Dict{{"momentum_buffer", at::ones({3, 2})}}}};

  const absl::Status status = sgd->LoadStateDict(state);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("weight: momentum_buffer has shape [3, 2], the "
                        "parameter [2, 3]"));
}

}  // namespace
}  // namespace anneal
