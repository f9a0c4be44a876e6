// The constructors, by `constructor` and `paramwise_cfg` of a config.

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/lower.h"
#include "config/reader.h"
#include "optim/base_optim_wrapper.h"
#include "optim/constructors/layer_depth.h"
#include "optim/optim_wrapper.h"
#include "registry/registry_index.h"
#include "tests/support/captured_log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Container : public torch::nn::Module {};

std::shared_ptr<Container> AddContainer(torch::nn::Module* owner,
                                        const std::string& name) {
  return owner->register_module(name, std::make_shared<Container>());
}

class DeformConv2d : public torch::nn::Module {
 public:
  DeformConv2d() {
    register_parameter("weight", at::ones({4, 4, 3, 3}));
    register_parameter("bias", at::ones({4}));
    register_module("conv_offset", torch::nn::Conv2d(4, 18, 3));
    register_module("norm",
                    torch::nn::LayerNorm(torch::nn::LayerNormOptions({4})));
  }
};

// The model of constructors_golden.py.
class Net : public torch::nn::Module, public HasLayerDepth {
 public:
  explicit Net(bool tied = false) {
    const at::Tensor alpha = register_parameter("alpha", at::ones({2}));
    auto backbone = AddContainer(this, "backbone");
    backbone->register_module("conv", torch::nn::Conv2d(3, 4, 3));
    backbone->register_module("bn", torch::nn::BatchNorm2d(4));
    backbone->register_module(
        "dw", torch::nn::Conv2d(torch::nn::Conv2dOptions(4, 4, 3).groups(4)));
    backbone->register_module("gn", torch::nn::GroupNorm(2, 4));
    backbone->register_module(
        "inorm", torch::nn::InstanceNorm2d(
                     torch::nn::InstanceNorm2dOptions(4).affine(true)));
    backbone->register_module(
        "ln", torch::nn::LayerNorm(torch::nn::LayerNormOptions({4})));
    register_module("dcn", std::make_shared<DeformConv2d>());
    auto head = AddContainer(this, "head");
    auto fc = head->register_module("fc", torch::nn::Linear(4, 2));
    auto frozen = head->register_module("frozen", torch::nn::Linear(2, 2));
    for (at::Tensor& param : frozen->parameters()) {
      param.set_requires_grad(false);
    }
    if (!tied) return;
    head->register_module("again", fc);
    auto head2 = AddContainer(this, "head2");
    head2->register_module("fc", fc);
    head2->register_parameter("alpha", alpha);
    head2->register_parameter("beta", at::ones({3}));
  }

  Depth GetLayerDepth(const std::string& name) const override {
    const std::string top = name.substr(0, name.find('.'));
    if (top == "alpha") return {0, 5};
    if (top == "backbone") return {1, 5};
    return {top == "dcn" ? 2 : 3, 5};
  }
};

absl::StatusOr<std::unique_ptr<OptimWrapper>> BuildWrapper(
    const std::string& json, const torch::nn::Module& model) {
  ASSIGN_OR_RETURN(const config::Node node, config::ReadYaml(json, "a.yaml"));
  OptimWrapperConfig config;
  RETURN_IF_ERROR(config::Lower(node, RegistryIndex::Get(), &config));
  return OptimWrapper::Create(config, model, nullptr);
}

// JSON that has numbers, lists, strings and bools.
Value FromJson(const google::protobuf::Value& value) {
  if (value.has_number_value()) return value.number_value();
  if (value.has_string_value()) return value.string_value();
  if (value.has_bool_value()) return value.bool_value();
  if (!value.has_list_value()) return Value();
  Value::List list;
  for (const auto& item : value.list_value().values()) {
    list.push_back(FromJson(item));
  }
  return list;
}

struct Group {
  std::vector<std::string> names;
  google::protobuf::Struct options;  // other than the optimizer's defaults
};

struct GoldenCase {
  std::string name;
  bool tied = false;
  std::string config;
  std::vector<Group> groups;
  std::vector<std::string> log;
};

std::vector<GoldenCase> ReadGolden() {
  std::ifstream file("optim/constructors/constructors_golden.txt");
  std::vector<GoldenCase> cases;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "case") {
      GoldenCase& one = cases.emplace_back();
      words >> one.name >> one.tied;
      std::getline(file, one.config);
    } else if (word == "group") {
      Group& group = cases.back().groups.emplace_back();
      while (words >> word && word[0] != '{') group.names.push_back(word);
      const auto status = google::protobuf::util::JsonStringToMessage(
          line.substr(line.find('{')), &group.options);
      EXPECT_TRUE(status.ok()) << line;
    } else {
      google::protobuf::Value text;
      const auto status = google::protobuf::util::JsonStringToMessage(
          line.substr(word.size() + 1), &text);
      EXPECT_TRUE(status.ok()) << line;
      cases.back().log.push_back(text.string_value());
    }
  }
  return cases;
}

class ConstructorsGolden : public ::testing::TestWithParam<GoldenCase> {};

TEST_P(ConstructorsGolden, GroupsAreMmenginesInItsOrder) {
  const Net model(GetParam().tied);

  const auto wrapper = BuildWrapper(GetParam().config, model);

  ASSERT_TRUE(wrapper.ok()) << wrapper.status();
  const Optimizer& optimizer = (*wrapper)->optimizer();
  ASSERT_EQ(optimizer.param_groups().size(), GetParam().groups.size());
  for (size_t i = 0; i < GetParam().groups.size(); ++i) {
    const Group& expected = GetParam().groups[i];
    const ParamGroup& actual = optimizer.param_groups()[i];
    const std::string name = absl::StrJoin(actual.names, " ");
    EXPECT_EQ(name, absl::StrJoin(expected.names, " "));
    Dict options = optimizer.defaults();
    for (const auto& [key, value] : expected.options.fields()) {
      options[key] = FromJson(value);
    }
    ASSERT_EQ(actual.options.size(), options.size()) << name;
    for (const auto& [key, value] : options) {
      const Value& own = *actual.options.FindKey(key);
      const auto real = value.AsReal("");
      if (real.ok()) {
        EXPECT_EQ(*own.AsReal(""), *real) << name << " " << KeyString(key);
      } else {
        EXPECT_EQ(own.DebugString(), value.DebugString()) << name;
      }
    }
  }
}

TEST_P(ConstructorsGolden, LogsMmenginesLines) {
  const Net model(GetParam().tied);
  const CapturedLog log;

  ASSERT_TRUE(BuildWrapper(GetParam().config, model).ok());

  EXPECT_EQ(absl::StrJoin(log.Lines(), "\n"),
            absl::StrJoin(GetParam().log, "\n"));
}

INSTANTIATE_TEST_SUITE_P(Cases, ConstructorsGolden,
                         ::testing::ValuesIn(ReadGolden()),
                         [](const auto& info) { return info.param.name; });

TEST(ConstructorsGoldens, CoverBothConstructors) {
  EXPECT_EQ(ReadGolden().size(), 16);
}

TEST(DefaultOptimWrapperConstructor, StepsEachGroupByItsOwnSettings) {
  torch::nn::Module model;
  const at::Tensor fast = model.register_parameter("fast", at::ones({2}));
  const at::Tensor slow = model.register_parameter("slow", at::ones({2}));
  const auto wrapper = *BuildWrapper(
      "{optimizer: {type: SGD, lr: 0.5}, "
      "paramwise_cfg: {custom_keys: {slow: {lr_mult: 0.5}}}}",
      model);

  wrapper->UpdateParams((fast + slow).sum());

  EXPECT_EQ(fast[0].item<double>(), 0.5);
  EXPECT_EQ(slow[0].item<double>(), 0.75);
  EXPECT_THAT(wrapper->GetLr()[0].second, ElementsAre(0.5, 0.25));
}

TEST(DefaultOptimWrapperConstructor, MultipliesTheClasssDefaultRate) {
  const Net model;

  const auto wrapper = *BuildWrapper(
      "{optimizer: {type: AdamW}, paramwise_cfg: {bias_lr_mult: 2}}", model);

  EXPECT_EQ(wrapper->optimizer().param_groups()[2].real("lr"), 0.002);
}

TEST(DefaultOptimWrapperConstructor, GroupsResumeBitForBit) {
  const std::string config =
      "{optimizer: {type: AdamW, lr: 0.1, weight_decay: 0.1}, "
      "paramwise_cfg: {bias_lr_mult: 2, norm_decay_mult: 0}}";
  auto train = [](OptimWrapper* wrapper, const Net& model) {
    at::Tensor loss = at::zeros({});
    for (const at::Tensor& param : model.parameters()) {
      loss = loss + param.square().sum();
    }
    wrapper->UpdateParams(loss);
  };
  const Net whole_model, resumed_model;
  const auto whole = *BuildWrapper(config, whole_model);
  const auto resumed = *BuildWrapper(config, resumed_model);
  train(whole.get(), whole_model);
  {
    at::NoGradGuard no_grad;
    const auto from = whole_model.parameters();
    const auto to = resumed_model.parameters();
    for (size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
  }

  ASSERT_TRUE(resumed
                  ->LoadStateDict(MapTensors(
                      whole->state_dict(),
                      [](const at::Tensor& tensor) { return tensor.clone(); }))
                  .ok());
  train(whole.get(), whole_model);
  train(resumed.get(), resumed_model);

  EXPECT_TRUE(BitIdentical(resumed->state_dict(), whole->state_dict()));
  for (size_t i = 0; i < whole_model.parameters().size(); ++i) {
    EXPECT_TRUE(
        at::equal(whole_model.parameters()[i], resumed_model.parameters()[i]));
  }
}

TEST(DefaultOptimWrapperConstructor, WarnsOfAKeyThatMatchesNothing) {
  const Net model;
  const CapturedLog log;

  ASSERT_TRUE(BuildWrapper("{optimizer: {type: SGD, lr: 1}, paramwise_cfg: "
                           "{custom_keys: {backbon.: {lr_mult: 0.5}}}}",
                           model)
                  .ok());

  EXPECT_THAT(log.Lines(),
              ElementsAre("WARNING - paramwise_cfg.custom_keys: \"backbon.\" "
                          "is part of no parameter's name, so it has no "
                          "effect; names are like \"alpha\""));
}

TEST(LearningRateDecayOptimWrapperConstructor, TakesASharedParameterOnce) {
  const Net model(/*tied=*/true);

  const auto wrapper = BuildWrapper(
      "{optimizer: {type: SGD, lr: 1}, "
      "constructor: LearningRateDecayOptimWrapperConstructor, "
      "paramwise_cfg: {layer_decay_rate: 0.5}}",
      model);

  ASSERT_TRUE(wrapper.ok()) << wrapper.status();
  EXPECT_EQ((*wrapper)->optimizer().param_groups().back().names,
            (std::vector<std::string>{"head2.beta"}));
}

TEST(LearningRateDecayOptimWrapperConstructor, NeedsAModelOfLayers) {
  Container model;
  model.register_parameter("weight", at::ones({2}));

  const absl::Status status =
      BuildWrapper(
          "{optimizer: {type: SGD, lr: 1}, "
          "constructor: LearningRateDecayOptimWrapperConstructor, "
          "paramwise_cfg: {layer_decay_rate: 0.5}}",
          model)
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("HasLayerDepth"));
}

struct BadConfig {
  const char* name;
  const char* optimizer;
  const char* paramwise_cfg;
  const char* message;
};

class BadParamwiseConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(BadParamwiseConfig, IsRefused) {
  const Net model(/*tied=*/true);

  const absl::Status status =
      BuildWrapper(
          absl::StrCat("{optimizer: {", GetParam().optimizer,
                       "}, paramwise_cfg: {", GetParam().paramwise_cfg, "}}"),
          model)
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

constexpr char kSgd[] = "type: SGD, lr: 0.1";
constexpr char kDecay[] = "type: SGD, lr: 0.1, weight_decay: 0.1";

INSTANTIATE_TEST_SUITE_P(
    Configs, BadParamwiseConfig,
    ::testing::ValuesIn<BadConfig>({
        {"Field", kSgd, "bias_lr_mlt: 2", "did you mean \"bias_lr_mult\"?"},
        {"NegativeMultiplier", kSgd, "bias_lr_mult: -1",
         "paramwise_cfg.bias_lr_mult is -1; it must be finite and not "
         "negative"},
        {"NanMultiplier", kDecay, "norm_decay_mult: .nan", "is nan"},
        {"NormDecayWithoutDecay", kSgd, "norm_decay_mult: 0",
         "paramwise_cfg.norm_decay_mult multiplies weight_decay, but the "
         "optimizer SGD is given none"},
        {"FlatDecayWithoutDecay", kSgd, "flat_decay_mult: 0",
         "add weight_decay to optim_wrapper.optimizer"},
        {"CustomDecayWithoutDecay", kSgd, "custom_keys: {fc: {decay_mult: 0}}",
         "custom_keys.fc.decay_mult multiplies weight_decay"},
        {"CustomNegative", kSgd, "custom_keys: {fc: {lr_mult: -0.5}}",
         "custom_keys.fc.lr_mult is"},
        {"CustomWord", kSgd, "custom_keys: {fc: {lr_mult: fast}}",
         "custom_keys.fc.lr_mult is"},
        {"CustomOption", kSgd, "custom_keys: {fc: {lr_mlt: 0.5}}",
         "custom_keys.fc.lr_mlt is neither lr_mult nor decay_mult nor an "
         "option of SGD; did you mean \"lr_mult\"?"},
        {"CustomOptionOutOfRange", kSgd,
         "bypass_duplicate: true, custom_keys: {fc: {momentum: -1}}",
         "momentum is -1"},
        {"CustomFieldThatIsNoOption", "type: Lion, lr: 0.1",
         "custom_keys: {fc: {decoupled_weight_decay: true}}",
         "custom_keys.fc.decoupled_weight_decay is neither lr_mult nor"},
        {"EmptyKey", kSgd, "custom_keys: {'': {lr_mult: 0.5}}", "an empty key"},
        {"SharedParameter", kDecay, "norm_decay_mult: 0",
         "head2.alpha is the same parameter as alpha; set "
         "optim_wrapper.paramwise_cfg.bypass_duplicate: true"},
        {"DecayRate", kSgd,
         "type: LearningRateDecayOptimWrapperConstructor, "
         "layer_decay_rate: 0",
         "layer_decay_rate is 0; it must be above 0"},
        {"KeysThatOnlyDecayWithoutDecay", kSgd,
         "type: LearningRateDecayOptimWrapperConstructor, "
         "custom_keys: {fc: {momentum: 0.5}}",
         "custom_keys multiplies weight_decay"},
    }),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
