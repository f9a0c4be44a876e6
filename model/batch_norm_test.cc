#include "model/batch_norm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string>

#include "absl/status/status.h"

namespace anneal {
namespace {

namespace nn = torch::nn;

using ::testing::HasSubstr;

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

TEST(FindBatchNorms, NamesEachWithATensorOfItsOwn) {
  nn::BatchNorm1d first(3);
  nn::BatchNorm3d second(nn::BatchNormOptions(3).track_running_stats(false));
  const nn::ModuleList module(
      nn::Linear(3, 3), first,
      nn::ModuleList(nn::LayerNorm(nn::LayerNormOptions({3})), second));

  const auto layers = FindBatchNorms(*module);

  ASSERT_TRUE(layers.ok()) << layers.status();
  ASSERT_EQ(layers->size(), 2);
  EXPECT_EQ((*layers)[0].name, "1");
  EXPECT_TRUE((*layers)[0].tensor.is_same(first->running_mean));
  EXPECT_EQ((*layers)[1].name, "2.1");
  EXPECT_TRUE((*layers)[1].tensor.is_same(second->weight));
}

TEST(FindBatchNorms, ModuleMayBeOneItself) {
  const auto layers = FindBatchNorms(*nn::BatchNorm2d(3));

  ASSERT_TRUE(layers.ok()) << layers.status();
  ASSERT_EQ(layers->size(), 1);
  EXPECT_EQ((*layers)[0].name, "");
}

TEST(FindBatchNorms, LayerWithoutTensorsIsNamed) {
  const nn::Sequential module(
      nn::Linear(3, 3),
      nn::BatchNorm1d(
          nn::BatchNormOptions(3).affine(false).track_running_stats(false)));

  const absl::Status status = FindBatchNorms(*module).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("batch norm \"1\""));
}

}  // namespace
}  // namespace anneal
