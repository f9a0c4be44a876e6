#include "runner/auto_scale_lr.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "optim/sgd.pb.h"

namespace anneal {
namespace {

// SGD of two groups with lr 0.1 and 0.02.
std::unique_ptr<Optimizer> MakeOptimizer() {
  SGDConfig config;
  config.set_lr(0.1);
  google::protobuf::Any any;
  any.PackFrom(config);
  std::vector<ParamGroup> groups(2);
  groups[0].params = {at::zeros({1}).requires_grad_(true)};
  groups[0].names = {"a"};
  groups[1].params = {at::zeros({1}).requires_grad_(true)};
  groups[1].names = {"b"};
  groups[1].options["lr"] = 0.02;
  return *RegistryOf<Optimizer>::Get().Build(any, std::move(groups));
}

double LearningRate(const Optimizer& optimizer, int group) {
  return *optimizer.param_groups()[group].options.Find("lr")->AsReal("lr");
}

AutoScaleLR Config(bool enable, int64_t base) {
  AutoScaleLR config;
  config.set_enable(enable);
  config.set_base_batch_size(base);
  return config;
}

TEST(ScaleLearningRate, ScalesEveryGroupByTheBatchSizes) {
  const auto optimizer = MakeOptimizer();

  ASSERT_TRUE(ScaleLearningRate(Config(true, 64), 16, optimizer.get()).ok());

  EXPECT_DOUBLE_EQ(LearningRate(*optimizer, 0), 0.025);
  EXPECT_DOUBLE_EQ(LearningRate(*optimizer, 1), 0.005);
}

TEST(ScaleLearningRate, DoesNothingWhereItIsNotEnabled) {
  const auto optimizer = MakeOptimizer();

  ASSERT_TRUE(ScaleLearningRate(Config(false, 64), 16, optimizer.get()).ok());

  EXPECT_EQ(LearningRate(*optimizer, 0), 0.1);
}

TEST(ScaleLearningRate, RefusesABaseBelowOne) {
  const auto optimizer = MakeOptimizer();

  const absl::Status status =
      ScaleLearningRate(Config(true, 0), 16, optimizer.get());

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("base_batch_size is 0"));
}

}  // namespace
}  // namespace anneal
