// LibTorch's layers start from the weights that Python's start from.

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <functional>
#include <memory>
#include <string>

#include "model/golden.h"
#include "utils/random.h"

namespace anneal {
namespace {

using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::Linear;
using torch::nn::LinearOptions;

struct Layer {
  const char* name;
  std::function<std::shared_ptr<torch::nn::Module>()> make;
};

class LayerTest : public testing::TestWithParam<Layer> {};

TEST_P(LayerTest, StartsFromPythonsWeightsToTheBit) {
  const Golden golden("model/testdata/layers.txt");
  for (const int seed : {0, 1, 42}) {
    const std::string prefix =
        std::string(GetParam().name) + "/" + std::to_string(seed) + "/";
    SetRandomSeed(seed, /*deterministic=*/false);

    const auto parameters = GetParam().make()->named_parameters();

    const auto names = golden.NamesBelow(prefix);
    ASSERT_EQ(parameters.keys(), names);
    for (const std::string& name : names) {
      EXPECT_TRUE(at::equal(parameters[name].detach().flatten(),
                            golden.Tensor(prefix + name)))
          << prefix << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layers, LayerTest,
    testing::Values(
        Layer{"Linear", [] { return Linear(4, 3).ptr(); }},
        Layer{"Linear_no_bias",
              [] { return Linear(LinearOptions(4, 3).bias(false)).ptr(); }},
        Layer{"Conv2d",
              [] {
                return Conv2d(Conv2dOptions(2, 3, {3, 2})).ptr();
              }},
        Layer{"Conv2d_grouped",
              [] { return Conv2d(Conv2dOptions(4, 2, 2).groups(2)).ptr(); }}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anneal
