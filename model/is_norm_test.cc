#include "model/is_norm.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace anneal {
namespace {

namespace nn = torch::nn;

// The classes that mmengine's is_norm knows.
TEST(IsNorm, KnowsEveryNormalization) {
  EXPECT_TRUE(IsNorm(*nn::BatchNorm1d(2)));
  EXPECT_TRUE(IsNorm(*nn::BatchNorm2d(2)));
  EXPECT_TRUE(IsNorm(*nn::BatchNorm3d(2)));
  EXPECT_TRUE(IsNorm(*nn::InstanceNorm1d(2)));
  EXPECT_TRUE(IsNorm(*nn::InstanceNorm2d(2)));
  EXPECT_TRUE(IsNorm(*nn::InstanceNorm3d(2)));
  EXPECT_TRUE(IsNorm(*nn::GroupNorm(1, 2)));
  EXPECT_TRUE(IsNorm(*nn::LayerNorm(nn::LayerNormOptions({2}))));
}

TEST(IsNorm, OthersAreNone) {
  EXPECT_FALSE(IsNorm(*nn::Linear(2, 2)));
  EXPECT_FALSE(IsNorm(*nn::LocalResponseNorm(2)));
}

}  // namespace
}  // namespace anneal
