#include "model/batch_norm.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string>

namespace anneal {
namespace {

namespace nn = torch::nn;

struct Case {
  const char* name;
  std::shared_ptr<nn::Module> module;
  bool has_batch_norm;
};

class BatchNormTest : public testing::TestWithParam<Case> {};

TEST_P(BatchNormTest, IsFoundWhereThereIsOne) {
  EXPECT_EQ(HasBatchNorm(*GetParam().module), GetParam().has_batch_norm);
}

INSTANTIATE_TEST_SUITE_P(
    Modules, BatchNormTest,
    testing::Values(
        Case{"ItIsOneItself", nn::BatchNorm1d(3).ptr(), true},
        Case{"BatchNorm1d",
             nn::Sequential(nn::Linear(3, 3), nn::BatchNorm1d(3)).ptr(), true},
        Case{"BatchNorm2d", nn::Sequential(nn::BatchNorm2d(3)).ptr(), true},
        Case{"BatchNorm3d", nn::Sequential(nn::BatchNorm3d(3)).ptr(), true},
        Case{
            "DeepInside",
            nn::ModuleList(nn::Linear(3, 3),
                           nn::ModuleList(nn::Linear(3, 3), nn::BatchNorm1d(3)))
                .ptr(),
            true},
        Case{"OtherNorms",
             nn::Sequential(nn::Linear(3, 3),
                            nn::LayerNorm(nn::LayerNormOptions({3})))
                 .ptr(),
             false}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anneal
