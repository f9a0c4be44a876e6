// The wrappers of other libraries' configs, by their registered names.

#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <limits>
#include <memory>
#include <string>

#include "optim/apex_optim_wrapper.pb.h"
#include "optim/colossalai_optim_wrapper.pb.h"
#include "optim/deepspeed_optim_wrapper.pb.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/wrapped_mlp.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

MlpCase Sgd() {
  MlpCase sgd;
  sgd.optimizer = "SGD";
  sgd.config = "lr: 0.5";
  return sgd;
}

// A model of one parameter of ones, and its wrapper.
struct One {
  explicit One(const std::string& config,
               const std::string& type = "ApexOptimWrapper")
      : weight(model.register_parameter("weight", at::ones({1, 2}))) {
    auto built = BuildOptimWrapper(type, config, Sgd(), model, nullptr);
    status = built.status();
    if (built.ok()) wrapper = *std::move(built);
  }

  at::ScalarType ForwardDtype() {
    const auto context = wrapper->OptimContext();
    return at::linear(at::ones({1, 2}), weight).scalar_type();
  }
  void Update(double factor) {
    wrapper->UpdateParams(weight.sum().mul(factor));
  }
  // Of the first scaler in the state; -1 where there is none.
  double scale() const {
    const Value state = wrapper->state_dict();
    const Value* amp = state.get_if<Dict>()->Find("apex_amp");
    if (amp == nullptr) return -1;
    const Value& scaler = *amp->get_if<Dict>()->Find("loss_scaler0");
    return *scaler.get_if<Dict>()->Find("loss_scale")->AsReal("");
  }

  torch::nn::Module model;
  at::Tensor weight;
  absl::Status status;
  std::unique_ptr<OptimWrapper> wrapper;
};

struct Level {
  const char* name;
  const char* config;
  at::ScalarType dtype;
  double scale;
};

class ApexOptimWrapperLevel : public ::testing::TestWithParam<Level> {};

TEST_P(ApexOptimWrapperLevel, ComputesAndScalesAsItSays) {
  One one(GetParam().config);
  ASSERT_TRUE(one.status.ok()) << one.status;

  EXPECT_EQ(one.ForwardDtype(), GetParam().dtype);
  EXPECT_EQ(one.scale(), GetParam().scale);
  one.Update(1);
  EXPECT_EQ(one.weight[0][0].item<double>(), 0.5);
}

INSTANTIATE_TEST_SUITE_P(
    Levels, ApexOptimWrapperLevel,
    ::testing::Values(
        Level{"Default", "", at::kHalf, 65536},
        Level{"O0", "opt_level: 'O0'", at::kFloat, 65536},
        Level{"O1", "opt_level: 'O1' patch_torch_functions: true", at::kHalf,
              65536},
        Level{"O2",
              "opt_level: 'O2' master_weights: true keep_batchnorm_fp32 { "
              "string_value: 'True' }",
              at::kHalf, 65536},
        Level{"FixedScale", "loss_scale { number_value: 128 }", at::kHalf, 128},
        Level{"ScaleAsText", "loss_scale { string_value: '128.0' }", at::kHalf,
              128},
        Level{"Dynamic", "loss_scale { string_value: 'dynamic' }", at::kHalf,
              65536},
        Level{"SmallMaximum", "max_loss_scale: 1024", at::kHalf, 1024},
        Level{"Disabled", "enabled: false opt_level: 'O3'", at::kFloat, -1}),
    [](const auto& info) { return info.param.name; });

TEST(ApexOptimWrapper, ScaleStaysWithinItsBounds) {
  One one("min_loss_scale: 32768");

  one.Update(std::numeric_limits<double>::infinity());
  EXPECT_EQ(one.scale(), 32768);
  one.Update(std::numeric_limits<double>::infinity());

  EXPECT_EQ(one.scale(), 32768);
}

TEST(ApexOptimWrapper, TakesItsOwnState) {
  One saved("");
  saved.Update(std::numeric_limits<double>::infinity());
  saved.Update(1);
  One one("");

  ASSERT_TRUE(one.wrapper->LoadStateDict(saved.wrapper->state_dict()).ok());

  EXPECT_TRUE(
      BitIdentical(one.wrapper->state_dict(), saved.wrapper->state_dict()));
  EXPECT_EQ(one.scale(), 32768);
}

TEST(ApexOptimWrapper, StateWithoutAScaleIsRefused) {
  One one("");
  Value state = one.wrapper->state_dict();
  (*state.get_if<Dict>())["apex_amp"] = Dict{{"loss_scaler0", Dict()}};

  const absl::Status status = one.wrapper->LoadStateDict(state);

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("loss_scale"));
}

struct BadConfig {
  const char* name;
  const char* config;
  const char* message;
};

class ApexOptimWrapperBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(ApexOptimWrapperBadConfig, IsRefused) {
  const One one(GetParam().config);

  EXPECT_EQ(one.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(one.status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, ApexOptimWrapperBadConfig,
    ::testing::Values(
        BadConfig{"O3", "opt_level: 'O3'", "keeps no float32 weights"},
        BadConfig{"Level", "opt_level: 'O4'", "it must be O0, O1 or O2"},
        BadConfig{"CastModel", "cast_model_type: 'torch.float16'",
                  "cast_model_type is torch.float16"},
        BadConfig{"CastOutputs", "cast_model_outputs: 'torch.float32'",
                  "cast_model_outputs is torch.float32"},
        BadConfig{"NoPatches", "patch_torch_functions: false",
                  "patch_torch_functions is false"},
        BadConfig{"HalfBatchNorm",
                  "opt_level: 'O2' keep_batchnorm_fp32 { bool_value: false }",
                  "keep_batchnorm_fp32 is false"},
        BadConfig{"NoMasterWeights", "opt_level: 'O2' master_weights: false",
                  "master_weights is false"},
        BadConfig{"Scale", "loss_scale { string_value: 'static' }",
                  "ApexOptimWrapper.loss_scale is"},
        BadConfig{"MinimumAboveTheScale", "min_loss_scale: 131072",
                  "the lower bound is 131072"},
        BadConfig{"Counts", "accumulative_counts: 0", "accumulative_counts"}),
    [](const auto& info) { return info.param.name; });

TEST(DeepSpeedOptimWrapper, Steps) {
  One one("", "DeepSpeedOptimWrapper");
  ASSERT_TRUE(one.status.ok()) << one.status;

  one.Update(1);

  EXPECT_EQ(one.weight[0][0].item<double>(), 0.5);
}

TEST(ColossalAIOptimWrapper, Accumulates) {
  One one("accumulative_counts: 2", "ColossalAIOptimWrapper");
  ASSERT_TRUE(one.status.ok()) << one.status;

  one.Update(1);
  EXPECT_EQ(one.weight[0][0].item<double>(), 1);
  one.Update(3);

  EXPECT_EQ(one.weight[0][0].item<double>(), 0);
}

TEST(ColossalAIOptimWrapper, RefusesNoCounts) {
  const One one("accumulative_counts: 0", "ColossalAIOptimWrapper");

  EXPECT_EQ(one.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(one.status.message()),
              HasSubstr("accumulative_counts is 0"));
}

// Their wrappers read them as OptimWrapperConfig's.
TEST(Wrappers, FieldsOfTheSameNumbersAreTheSame) {
  const auto* base = OptimWrapperConfig::descriptor();
  for (const auto* config : {ApexOptimWrapperConfig::descriptor(),
                             ColossalAIOptimWrapperConfig::descriptor(),
                             DeepSpeedOptimWrapperConfig::descriptor()}) {
    for (int i = 0; i < base->field_count(); ++i) {
      const auto* field = base->field(i);
      const auto* own = config->FindFieldByNumber(field->number());
      const bool has_all = config == ApexOptimWrapperConfig::descriptor();
      EXPECT_TRUE(own != nullptr || !has_all) << field->name();
      if (own == nullptr) continue;
      EXPECT_EQ(own->name(), field->name()) << config->name();
      EXPECT_EQ(own->message_type(), field->message_type()) << field->name();
    }
  }
}

}  // namespace
}  // namespace anneal
