#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "optim/optim_wrapper_constructor.h"
#include "optim/text_config.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

struct Part : torch::nn::Module {};

// token, embed.weight, stage.blocks.{0,1,2}.{weight,bias}, head.weight.
struct Net : torch::nn::Module {
  Net() {
    register_parameter("token", at::ones({1, 2}));
    register_module("embed", std::make_shared<Part>())
        ->register_parameter("weight", at::ones({2, 2}));
    auto stage = register_module("stage", std::make_shared<Part>());
    auto blocks = stage->register_module("blocks", std::make_shared<Part>());
    for (int i = 0; i < 3; ++i) {
      auto block =
          blocks->register_module(absl::StrCat(i), std::make_shared<Part>());
      block->register_parameter("weight", at::ones({2, 2}));
      block->register_parameter("bias", at::ones({2}));
    }
    register_module("head", std::make_shared<Part>())
        ->register_parameter("weight", at::ones({2, 2}));
  }
};

absl::StatusOr<std::vector<ParamGroup>> Groups(const std::string &config) {
  auto constructor = RegistryOf<OptimWrapperConstructor>::Get().Build(
      TextConfig("optim_wrapper_constructor",
                 "LearningRateDecayOptimWrapperConstructor", config));
  if (!constructor.ok())
    return constructor.status();
  BaseOptions base;
  base.lr = 16;
  base.weight_decay = 0.5;
  return (*constructor)->ParamGroups(Net(), base);
}

std::map<std::string, double> Rates(const std::vector<ParamGroup> &groups) {
  std::map<std::string, double> rates;
  for (const ParamGroup &group : groups) {
    rates[group.names[0]] = group.real("lr");
  }
  return rates;
}

// By hand: of 3 layers the head keeps its rate, each before has half of it.
TEST(LearningRateDecay, HalvesLayerByLayerFromTheHead) {
  const auto groups = *Groups("layer_decay_rate: 0.5 layers: 'blocks'");

  auto rates = Rates(groups);
  EXPECT_EQ(rates["head.weight"], 16);
  EXPECT_EQ(rates["stage.blocks.2.weight"], 8);
  EXPECT_EQ(rates["stage.blocks.1.bias"], 4);
  EXPECT_EQ(rates["stage.blocks.0.weight"], 2);
  EXPECT_EQ(rates["embed.weight"], 1);
  EXPECT_EQ(rates["token"], 1);
  EXPECT_EQ(groups[0].real("lr_scale"), 0.0625);
}

TEST(LearningRateDecay, LayersMayBeNamedByTheirPath) {
  EXPECT_EQ(Rates(*Groups("layer_decay_rate: 0.5 layers: 'stage.blocks'")),
            Rates(*Groups("layer_decay_rate: 0.5 layers: 'blocks'")));
}

TEST(LearningRateDecay, CombinesWithTheDefaultsFactors) {
  const auto groups = *Groups(
      "layer_decay_rate: 0.5 layers: 'blocks' flat_decay_mult: 0 "
      "custom_keys { key: 'head' value { fields { key: 'lr_mult' value { "
      "number_value: 2 } } } }");

  EXPECT_EQ(Rates(groups)["head.weight"], 32);
  EXPECT_EQ(groups[3].names[0], "stage.blocks.0.bias");
  EXPECT_EQ(groups[3].real("weight_decay"), 0);
}

struct BadRate {
  const char *name;
  const char *config;
  const char *word;
};

class BadLearningRateDecay : public ::testing::TestWithParam<BadRate> {};

TEST_P(BadLearningRateDecay, IsRefused) {
  const absl::Status status = Groups(GetParam().config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, BadLearningRateDecay,
    ::testing::Values(
        BadRate{"Zero", "layer_decay_rate: 0",
                "layer_decay_rate is 0; it must be in (0, 1]"},
        BadRate{"Above", "layer_decay_rate: 1.5", "layer_decay_rate is 1.5"},
        BadRate{"NoLayers", "layer_decay_rate: 0.5",
                "layers is \"layers\", but no parameter of the "
                "model is called layers.0"},
        BadRate{"HalfAName", "layer_decay_rate: 0.5 layers: 'locks'",
                "no parameter of the model is called locks.0"}),
    [](const auto &info) { return info.param.name; });

} // namespace
} // namespace anneal
