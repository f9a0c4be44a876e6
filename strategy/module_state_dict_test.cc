#include "strategy/module_state_dict.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

// A weight, a bias and a buffer, all zeros.
class Layer : public torch::nn::Module {
 public:
  Layer()
      : weight(register_parameter("weight", at::zeros({2, 3}))),
        mean(register_buffer("mean", at::zeros({3}))),
        bias(register_parameter("bias", at::zeros({3}))) {}

  at::Tensor weight;
  at::Tensor mean;
  at::Tensor bias;
};

// A child `name`, then a parameter of its own.
class Net : public torch::nn::Module {
 public:
  explicit Net(const std::string& name)
      : layer(register_module(name, std::make_shared<Layer>())),
        scale(register_parameter("scale", at::zeros({1}))) {}

  std::shared_ptr<Layer> layer;
  at::Tensor scale;
};

Dict Ones(const std::string& prefix, const std::string& child) {
  Dict state;
  state.Set(prefix + "scale", at::ones({1}));
  state.Set(prefix + child + ".weight", at::ones({2, 3}));
  state.Set(prefix + child + ".bias", at::ones({3}));
  state.Set(prefix + child + ".mean", at::ones({3}));
  return state;
}

bool AllAre(const torch::nn::Module& module, double value) {
  for (const auto& [key, item] : ModuleStateDict(module)) {
    const at::Tensor& tensor = *item.get_if<at::Tensor>();
    if (!at::equal(tensor, at::full(tensor.sizes(), value))) return false;
  }
  return true;
}

TEST(ModuleStateDict, NamesAreInPythonsOrder) {
  std::vector<std::string> names;

  for (const auto& [key, value] : ModuleStateDict(Net("fc"))) {
    names.push_back(KeyString(key));
  }

  EXPECT_THAT(names, ElementsAre("scale", "fc.weight", "fc.bias", "fc.mean"));
}

TEST(ModuleStateDict, TensorsAreTheModules) {
  const Layer layer;

  const Dict state = ModuleStateDict(layer);

  EXPECT_TRUE(
      state.Find("weight")->get_if<at::Tensor>()->is_same(layer.weight));
}

TEST(LoadModuleStateDict, CopiesEveryTensor) {
  Net net("fc");
  const at::Tensor weight = net.layer->weight;

  ASSERT_TRUE(
      LoadModuleStateDict(Ones("", "fc"), StateDictMatch::kStrict, &net).ok());

  EXPECT_TRUE(AllAre(net, 1));
  EXPECT_TRUE(net.layer->weight.is_same(weight));
}

TEST(LoadModuleStateDict, CastsToTheModulesDtype) {
  Layer layer;
  const Dict state{{"weight", at::ones({2, 3}, at::kDouble)},
                   {"bias", at::ones({3}, at::kHalf)},
                   {"mean", at::ones({3}, at::kLong)}};

  ASSERT_TRUE(LoadModuleStateDict(state, StateDictMatch::kStrict, &layer).ok());

  EXPECT_EQ(layer.weight.scalar_type(), at::kFloat);
  EXPECT_TRUE(AllAre(layer, 1));
}

TEST(LoadModuleStateDict, DropsDdpsPrefix) {
  for (const std::string child : {"fc", "module"}) {
    Net net(child);

    ASSERT_TRUE(LoadModuleStateDict(Ones("module.", child),
                                    StateDictMatch::kStrict, &net)
                    .ok());

    EXPECT_TRUE(AllAre(net, 1)) << child;
  }
}

TEST(LoadModuleStateDict, DropsThePrefixOfSingleNamesAsMmengine) {
  Net net("fc");
  Dict state = Ones("", "fc");
  state.Erase(std::string("fc.bias"));
  state.Set(std::string("module.fc.bias"), at::ones({3}));

  ASSERT_TRUE(LoadModuleStateDict(state, StateDictMatch::kStrict, &net).ok());

  EXPECT_TRUE(AllAre(net, 1));
}

TEST(LoadModuleStateDict, KeepsThePrefixOfAChildCalledModule) {
  Net net("module");

  ASSERT_TRUE(
      LoadModuleStateDict(Ones("", "module"), StateDictMatch::kStrict, &net)
          .ok());

  EXPECT_TRUE(AllAre(net, 1));
}

TEST(LoadModuleStateDict, StrictNamesAllThatDoesNotFit) {
  Net net("fc");
  Dict state = Ones("", "fc");
  state["fc.weight"] = at::ones({3, 2});
  state["fc.mean"] = "text";
  state.Erase(std::string("fc.bias"));
  state.Erase(std::string("scale"));
  state["head"] = at::ones({1});
  state["tail"] = at::ones({1});

  const absl::Status status =
      LoadModuleStateDict(state, StateDictMatch::kStrict, &net);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("doesn't fit the model; load one of the same model"),
            HasSubstr("fc.weight: the checkpoint has shape [3, 2], the model "
                      "[2, 3]"),
            HasSubstr("fc.mean: expected a tensor, found str"),
            HasSubstr("missing in the checkpoint: scale, fc.bias"),
            HasSubstr("not in the model: head, tail")));
  EXPECT_TRUE(AllAre(net, 0));
}

TEST(LoadModuleStateDict, LenientLoadsWhatBothHaveAndSaysTheRest) {
  Net net("fc");
  Dict state = Ones("", "fc");
  state.Erase(std::string("scale"));
  state["head"] = at::ones({1});

  CaptureStdout();
  const absl::Status status =
      LoadModuleStateDict(state, StateDictMatch::kLenient, &net);
  const std::string log = GetCapturedStdout();

  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(AllAre(*net.layer, 1));
  EXPECT_EQ(net.scale.item<float>(), 0);
  EXPECT_THAT(log, AllOf(HasSubstr("not in the model, so not loaded: head"),
                         HasSubstr("left as initialised: scale")));
}

TEST(LoadModuleStateDict, LenientRefusesTheStateOfAnotherModel) {
  Net net("fc");

  const absl::Status status = LoadModuleStateDict(
      {{"head", at::ones({1})}}, StateDictMatch::kLenient, &net);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("no name of the checkpoint (head) is one of the model"));
}

TEST(LoadModuleStateDict, LenientRefusesShapesThatDiffer) {
  Net net("fc");
  Dict state = Ones("", "fc");
  state["fc.weight"] = at::ones({3, 2});
  state["fc.bias"] = at::ones({1});

  const absl::Status status =
      LoadModuleStateDict(state, StateDictMatch::kLenient, &net);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("fc.weight: the checkpoint has shape [3, 2]"),
                    HasSubstr("fc.bias: the checkpoint has shape [1], the "
                              "model [3]")));
  EXPECT_TRUE(AllAre(net, 0));
}

}  // namespace
}  // namespace anneal
