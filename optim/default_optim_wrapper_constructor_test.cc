// The groups and log lines of mmengine, and what a config gets wrong.

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "optim/group_parameters.h"
#include "optim/optim_wrapper_constructor.h"
#include "optim/sgd.pb.h"
#include "optim/text_config.h"
#include "tests/support/captured_log.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
namespace nn = torch::nn;

struct DeformConv2dImpl : nn::Module {
  DeformConv2dImpl() {
    register_parameter("weight", at::ones({4, 4, 3, 3}));
    register_parameter("bias", at::ones({4}));
    register_module("conv_offset", nn::Conv2d(nn::Conv2dOptions(4, 18, 3)));
  }
};

struct Part : nn::Module {};

// The golden script's.
struct Net : nn::Module {
  explicit Net(bool is_shared = false) {
    register_parameter("token", at::ones({1, 4}));
    register_parameter("frozen", at::ones({3}), /*requires_grad=*/false);
    auto backbone = register_module("backbone", std::make_shared<Part>());
    backbone->register_module("conv", nn::Conv2d(nn::Conv2dOptions(3, 4, 3)));
    backbone->register_module("bn", nn::BatchNorm2d(4));
    backbone->register_module("dw",
                              nn::Conv2d(nn::Conv2dOptions(4, 4, 3).groups(4)));
    backbone->register_module("dcn", std::make_shared<DeformConv2dImpl>());
    backbone->register_module("norm", nn::GroupNorm(2, 4));
    auto head = register_module("head", std::make_shared<Part>());
    head->register_parameter("scale", at::ones({1}));
    head->register_module("norm", nn::LayerNorm(nn::LayerNormOptions({4})));
    auto fc = head->register_module("fc", nn::Linear(4, 2));
    head->register_module(
        "instance",
        nn::InstanceNorm1d(nn::InstanceNorm1dOptions(2).affine(true)));
    if (is_shared) register_module("tied", fc);
  }
};

struct Case {
  std::string name;
  BaseOptions base;
  bool is_shared = false;
  std::string config;
  std::vector<std::string> groups;
  std::vector<std::string> log;
};

std::vector<Case> ReadCases() {
  std::ifstream file("optim/default_optim_wrapper_constructor_golden.txt");
  std::vector<Case> cases;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    const std::string rest =
        line.size() > key.size() ? line.substr(key.size() + 1) : "";
    if (key == "case") {
      cases.emplace_back().name = rest;
    } else if (key == "base") {
      std::string decay;
      words >> cases.back().base.lr >> decay;
      if (decay != "none") cases.back().base.weight_decay = std::stod(decay);
    } else if (key == "model") {
      cases.back().is_shared = rest == "shared";
    } else if (key == "config") {
      cases.back().config = rest;
    } else if (key == "group") {
      cases.back().groups.push_back(rest);
    } else {
      cases.back().log.push_back(rest);
    }
  }
  return cases;
}

std::unique_ptr<OptimWrapperConstructor> Build(const std::string& config) {
  return *RegistryOf<OptimWrapperConstructor>::Get().Build(TextConfig(
      "optim_wrapper_constructor", "DefaultOptimWrapperConstructor", config));
}

// "NAME", and the options with their values.
std::pair<std::string, std::map<std::string, double>> Described(
    const std::string& text) {
  std::istringstream words(text);
  std::string name;
  words >> name;
  std::map<std::string, double> options;
  std::string word;
  while (words >> word) {
    const size_t equals = word.find('=');
    options[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
  }
  return {name, options};
}

class ConstructorGolden : public ::testing::TestWithParam<Case> {};

TEST_P(ConstructorGolden, GroupsAreMmengines) {
  const Net net(GetParam().is_shared);

  const auto groups =
      *Build(GetParam().config)->ParamGroups(net, GetParam().base);

  ASSERT_EQ(groups.size(), GetParam().groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto [name, expected] = Described(GetParam().groups[i]);
    ASSERT_EQ(groups[i].params.size(), 1);
    EXPECT_EQ(groups[i].names[0], name);
    EXPECT_EQ(groups[i].options.size(), expected.size()) << name;
    for (const auto& [key, value] : expected) {
      ASSERT_NE(groups[i].options.Find(key), nullptr) << name << " " << key;
      EXPECT_DOUBLE_EQ(groups[i].real(key), value) << name << " " << key;
    }
  }
}

TEST_P(ConstructorGolden, LogLinesAreMmengines) {
  const Net net(GetParam().is_shared);
  const CapturedLog log;

  ASSERT_TRUE(Build(GetParam().config)->ParamGroups(net, GetParam().base).ok());

  const std::vector<std::string> lines = log.Lines();
  ASSERT_EQ(lines.size(), GetParam().log.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string expected = GetParam().log[i];
    expected.replace(expected.find(' '), 1, " - ");
    EXPECT_EQ(lines[i], expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ConstructorGolden,
                         ::testing::ValuesIn(ReadCases()),
                         [](const auto& info) { return info.param.name; });

TEST(ConstructorGoldens, AreThere) { EXPECT_EQ(ReadCases().size(), 10); }

// An SGD of lr 0.5 with this paramwise_cfg.
OptimWrapperConfig WrapperConfig(const std::string& paramwise,
                                 bool has_weight_decay = true) {
  SGDConfig sgd;
  sgd.set_lr(0.5);
  if (has_weight_decay) sgd.set_weight_decay(0.25);
  OptimWrapperConfig config;
  config.mutable_optimizer()->PackFrom(sgd);
  if (!paramwise.empty()) {
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(
                    paramwise, config.mutable_paramwise_cfg())
                    .ok());
  }
  return config;
}

TEST(GroupParameters, AreOneGroupWithoutSettings) {
  const Net net(/*is_shared=*/true);

  const auto groups = *GroupParameters(WrapperConfig(""), net);

  ASSERT_EQ(groups.size(), 1);
  EXPECT_EQ(groups[0].params.size(), 21);
  EXPECT_EQ(groups[0].names[1], "frozen");
  EXPECT_TRUE(groups[0].options.empty());
}

TEST(GroupParameters, FactorsAreOfTheOptimizersOwnOptions) {
  const Net net;

  const auto groups = *GroupParameters(
      WrapperConfig("{norm_decay_mult: 0.5, custom_keys: {token: {lr_mult: 2, "
                    "momentum: 0.125}}}"),
      net);

  ASSERT_EQ(groups.size(), 21);
  EXPECT_EQ(groups[0].real("lr"), 1);
  EXPECT_EQ(groups[0].real("weight_decay"), 0.25);
  EXPECT_EQ(groups[0].real("momentum"), 0.125);
  EXPECT_EQ(groups[4].names[0], "backbone.bn.weight");
  EXPECT_EQ(groups[4].real("weight_decay"), 0.125);
}

struct BadSettings {
  const char* name;
  const char* paramwise;
  const char* word;
};

class BadParamwiseCfg : public ::testing::TestWithParam<BadSettings> {};

TEST_P(BadParamwiseCfg, IsRefused) {
  const Net net(/*is_shared=*/true);
  OptimWrapperConfig config =
      WrapperConfig(GetParam().paramwise, /*has_weight_decay=*/false);

  const absl::Status status = GroupParameters(config, net).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(
    Settings, BadParamwiseCfg,
    ::testing::Values(
        BadSettings{"Unknown", "{norm_decay: 0}", "norm_decay_mult"},
        BadSettings{"Kind", "{bias_lr_mult: 'high'}", "bias_lr_mult"},
        BadSettings{"KeyKind", "{custom_keys: {head: {lr_mult: 'high'}}}",
                    "custom_keys.head.lr_mult must be a number"},
        BadSettings{"Shared", "{bias_lr_mult: 2}",
                    "tied.weight is a parameter of another module too; set "
                    "bypass_duplicate: true"},
        BadSettings{"NoDecay", "{norm_decay_mult: 0}",
                    "weight_decay is not given"},
        BadSettings{"NoDecayOfAKey", "{custom_keys: {head: {decay_mult: 0}}}",
                    "weight_decay is not given"}),
    [](const auto& info) { return info.param.name; });

TEST(GroupParameters, ConstructorThatIsNotLinkedIsNamed) {
  const Net net;
  OptimWrapperConfig config = WrapperConfig("{bias_lr_mult: 2}");
  config.set_constructor("DefaultOptimWrapperConstructer");

  const absl::Status status = GroupParameters(config, net).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("did you mean \"DefaultOptimWrapperConstructor\""));
}

TEST(GroupParameters, ModelThatIsFrozenIsRefused) {
  const Net net;
  for (at::Tensor param : net.parameters()) param.set_requires_grad(false);

  for (const char* paramwise : {"", "{bias_lr_mult: 2}"}) {
    const absl::Status status =
        GroupParameters(WrapperConfig(paramwise), net).status();

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("unfrozen"));
  }
}

}  // namespace
}  // namespace anneal
