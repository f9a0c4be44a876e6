// DDPStrategy's sync_bn.

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <memory>
#include <string>
#include <utility>

#include "dist/communicator.h"
#include "dist/single_process.h"
#include "model/base_model.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/sgd.pb.h"
#include "strategy/ddp.pb.h"
#include "strategy/module_state_dict.h"
#include "strategy/strategy.h"
#include "structures/batch.h"
#include "tests/support/ranks.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int kSamplesPerRank = 4;

// Linear, batch norm, linear; the loss is the mean of the squared outputs.
class Normalizes : public BaseModel {
 public:
  explicit Normalizes(const torch::nn::BatchNormOptions& options)
      : in(register_module("in", torch::nn::Linear(3, 5))),
        norm(register_module("norm", torch::nn::BatchNorm1d(options))),
        out(register_module("out", torch::nn::Linear(5, 2))) {}

  LogVars Loss(const Batch& batch) override {
    return {{"loss", Output(batch).square().mean()}};
  }
  Batch Predict(const Batch& batch) override {
    return Batch(Dict{{"scores", Output(batch)}});
  }
  at::Tensor Output(const Batch& batch) {
    return out(norm(in(batch.tensor("inputs"))).relu());
  }

  torch::nn::Linear in;
  torch::nn::BatchNorm1d norm;
  torch::nn::Linear out;
};

google::protobuf::Any WrapperConfig() {
  SGDConfig sgd;
  sgd.set_lr(0.1);
  sgd.set_momentum(0.9);
  OptimWrapperConfig wrapper;
  wrapper.mutable_optimizer()->PackFrom(sgd);
  google::protobuf::Any any;
  any.PackFrom(wrapper);
  return any;
}

absl::StatusOr<std::unique_ptr<Strategy>> Prepared(
    const DDPStrategyConfig& config, dist::Communicator* communicator,
    const torch::nn::BatchNormOptions& options = {5}) {
  google::protobuf::Any any;
  any.PackFrom(config);
  auto strategy = RegistryOf<Strategy>::Get().Build(any, communicator);
  if (!strategy.ok()) return strategy;
  at::manual_seed(3);
  const google::protobuf::Any wrapper = WrapperConfig();
  const absl::Status status = (*strategy)->Prepare(
      std::make_shared<Normalizes>(options), &wrapper, nullptr);
  if (!status.ok()) return status;
  return strategy;
}

// The model after ten steps on all ranks' samples or, with `is_share`, on this
// rank's of them.
Dict Train(const DDPStrategyConfig& config, dist::Communicator* communicator,
           int world_size, bool is_share) {
  auto strategy = Prepared(config, communicator);
  EXPECT_TRUE(strategy.ok()) << strategy.status();
  for (int step = 0; step < 10; ++step) {
    at::manual_seed(100 + step);
    at::Tensor samples = at::randn({world_size * kSamplesPerRank, 3}) * 2 + 1;
    if (is_share) {
      samples = samples.narrow(0, communicator->rank() * kSamplesPerRank,
                               kSamplesPerRank);
    }
    (*strategy)->TrainStep(Batch(Dict{{"inputs", samples}}));
  }
  return ModuleStateDict((*strategy)->model());
}

at::Tensor Entry(const Dict& state, const Dict::Key& key) {
  return *state.FindKey(key)->get_if<at::Tensor>();
}

void ExpectClose(const Dict& got, const Dict& expected) {
  for (const auto& [key, value] : expected) {
    EXPECT_TRUE(at::allclose(Entry(got, key), Entry(expected, key), 1e-5, 1e-6))
        << KeyString(key);
  }
}

class DDPSyncBN : public testing::TestWithParam<std::pair<const char*, int>> {};

TEST_P(DDPSyncBN, TrainsAsOneRankWithAllSamples) {
  RunRanks(GetParam().second, [](dist::Communicator& communicator) {
    DDPStrategyConfig config;
    config.set_sync_bn(GetParam().first);
    const auto alone = dist::SingleProcess();
    const int world_size = communicator.world_size();

    const Dict got = Train(config, &communicator, world_size, true);

    ExpectClose(got, Train(config, alone.get(), world_size, false));
    EXPECT_TRUE(
        BitIdentical(got, Train(config, &communicator, world_size, true)));
  });
}

INSTANTIATE_TEST_SUITE_P(Ranks, DDPSyncBN,
                         testing::Values(std::make_pair("torch", 2),
                                         std::make_pair("torch", 3),
                                         std::make_pair("mmcv", 4)),
                         [](const auto& info) {
                           return info.param.first +
                                  std::to_string(info.param.second);
                         });

TEST(DDPSyncBN, WithoutItRanksNormalizeAlone) {
  RunRanks(2, [](dist::Communicator& communicator) {
    DDPStrategyConfig config;
    const auto alone = dist::SingleProcess();

    const Dict got = Train(config, &communicator, 2, true);
    const Dict expected = Train(config, alone.get(), 2, false);

    const Dict::Key key = "norm.running_var";
    EXPECT_FALSE(at::allclose(Entry(got, key), Entry(expected, key)));
  });
}

TEST(DDPSyncBN, LayerThatCannotBeToldIsNamed) {
  RunRanks(2, [](dist::Communicator& communicator) {
    DDPStrategyConfig config;
    config.set_sync_bn("torch");

    const absl::Status status =
        Prepared(
            config, &communicator,
            torch::nn::BatchNormOptions(5).affine(false).track_running_stats(
                false))
            .status();

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("\"norm\""));
  });
}

}  // namespace
}  // namespace anneal
