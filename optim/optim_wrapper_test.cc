#include "optim/optim_wrapper.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dist/communicator.h"
#include "optim/rank_reduction.h"
#include "optim/wrapped_mlp.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

class OptimWrapperGolden : public ::testing::TestWithParam<MlpCase> {};

TEST_P(OptimWrapperGolden, EqualsMmengine) {
  WrappedMlp run("OptimWrapper", GetParam().wrapper, GetParam());

  const auto losses = run.Train(0, kMlpSteps + 1);

  ExpectNear(losses, GetParam().losses, 1e-6);
  std::vector<double> norms;
  if (const auto* history = run.message_hub().FindScalar("train/grad_norm")) {
    norms.assign(history->values().begin(), history->values().end());
  }
  ExpectNear(norms, GetParam().grad_norms, 1e-6);
}

TEST_P(OptimWrapperGolden, GoesOnFromAnyStepBitForBit) {
  for (int step : {6, 7, 8, 19}) {
    WrappedMlp whole("OptimWrapper", GetParam().wrapper, GetParam());
    whole.Train(0, step);
    WrappedMlp resumed("OptimWrapper", GetParam().wrapper, GetParam());

    resumed.ResumeFrom(whole);
    resumed.wrapper().InitializeCountStatus(step, kMlpSteps, false);

    EXPECT_EQ(resumed.Train(step, kMlpSteps + 1),
              whole.Train(step, kMlpSteps + 1));
    EXPECT_TRUE(BitIdentical(resumed.wrapper().state_dict(),
                             whole.wrapper().state_dict()));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, OptimWrapperGolden,
                         ::testing::ValuesIn(WrapperCases(false)),
                         [](const auto& info) { return info.param.name; });

TEST(OptimWrapperGoldens, CoverEveryOptimizer) {
  EXPECT_EQ(WrapperCases(false).size(), 3 * (3 + 5 + 1));
}

MlpCase Sgd() {
  MlpCase sgd;
  sgd.optimizer = "SGD";
  sgd.config = "lr: 0.5";
  return sgd;
}

// A model of one parameter of ones, and its wrapper.
struct One {
  explicit One(const std::string& config, MessageHub* hub = nullptr)
      : weight(model.register_parameter("weight", at::ones({2}))) {
    auto built = BuildOptimWrapper("OptimWrapper", config, Sgd(), model, hub);
    EXPECT_TRUE(built.ok()) << built.status();
    wrapper = *std::move(built);
  }

  void Update(double factor = 1) {
    wrapper->UpdateParams(weight.sum().mul(factor));
  }
  double value() const { return weight.mean().item<double>(); }

  torch::nn::Module model;
  at::Tensor weight;
  std::unique_ptr<OptimWrapper> wrapper;
};

TEST(OptimWrapper, StateWithoutAccumulationIsTheOptimizers) {
  One one("");

  EXPECT_TRUE(BitIdentical(one.wrapper->state_dict(),
                           one.wrapper->optimizer().state_dict()));
}

// Of an embedding: the state holds what a file can.
TEST(OptimWrapper, SparseGradientsOfAWindowGoOn) {
  One whole("accumulative_counts: 2");
  at::Tensor(whole.weight).mutable_grad() = at::ones({2}).mul(0.5).to_sparse();
  One resumed("accumulative_counts: 2");

  const absl::Status status =
      resumed.wrapper->LoadStateDict(whole.wrapper->state_dict());

  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(resumed.weight.grad().is_sparse());
  EXPECT_TRUE(at::equal(resumed.weight.grad().to_dense(),
                        whole.weight.grad().to_dense()));
}

TEST(OptimWrapper, RunOfUnknownLengthAveragesWholeWindows) {
  One one("accumulative_counts: 2");

  one.Update();
  EXPECT_EQ(one.value(), 1);
  one.Update(3);
  EXPECT_EQ(one.value(), 1 - 0.5 * 2);
  EXPECT_EQ(one.wrapper->inner_count(), 2);
}

TEST(OptimWrapper, IterationsBeyondTheEndAreWholeWindows) {
  One one("accumulative_counts: 2");
  one.wrapper->InitializeCountStatus(0, 2, false);

  for (int i = 0; i < 4; ++i) one.Update();

  EXPECT_EQ(one.value(), 1 - 2 * 0.5);
}

TEST(OptimWrapper, SyncsWhereAnUpdateFollows) {
  One one("accumulative_counts: 2");
  one.wrapper->InitializeCountStatus(0, 5, false);
  std::vector<bool> syncs;

  for (int i = 0; i < 5; ++i) {
    syncs.push_back(one.wrapper->ShouldSync());
    one.Update();
    EXPECT_EQ(one.wrapper->ShouldUpdate(), syncs.back());
  }

  EXPECT_EQ(syncs, (std::vector<bool>{false, true, false, true, true}));
}

TEST(OptimWrapper, HasOneOptimizerWithoutAName) {
  One one("");

  const auto& optimizers = one.wrapper->optimizers();

  ASSERT_EQ(optimizers.size(), 1);
  EXPECT_EQ(optimizers[0].first, "");
  EXPECT_EQ(optimizers[0].second, &one.wrapper->optimizer());
}

TEST(OptimWrapper, BackwardCanBeReplaced) {
  One one("accumulative_counts: 2");
  std::vector<double> losses;
  std::vector<bool> syncs;
  std::vector<bool> had_gradient;
  one.wrapper->set_backward([&](const at::Tensor& loss, bool should_sync) {
    EXPECT_TRUE(loss.requires_grad());
    losses.push_back(loss.item<double>());
    syncs.push_back(should_sync);
    had_gradient.push_back(one.weight.grad().defined());
    one.weight.mutable_grad() = at::full_like(one.weight, losses.back());
  });
  const double before = one.weight.sum().item<double>();

  one.Update();
  one.Update(3);

  EXPECT_EQ(losses, (std::vector<double>{1, 3}));  // of a window of 2
  EXPECT_EQ(syncs, (std::vector<bool>{false, true}));
  EXPECT_EQ(had_gradient, (std::vector<bool>{false, true}));
  EXPECT_LT(one.weight.sum().item<double>(), before);
}

// Another rank, all whose gradients add up to `part` in the reduction.
RankReduction WithRank(double part, std::vector<dist::ReduceOp>* ops) {
  return [=](at::Tensor* number, dist::ReduceOp op) {
    ops->push_back(op);
    if (op == dist::ReduceOp::kSum) {
      number->add_(part);
    } else {
      number->clamp_min_(part);
    }
  };
}

struct NormCase {
  const char* name;
  const char* norm_type;
  double part;  // of the other rank
  dist::ReduceOp op;
  double norm;  // of the weight's gradient [3, 3] and the other's
};

class OptimWrapperNorm : public ::testing::TestWithParam<NormCase> {};

TEST_P(OptimWrapperNorm, IsThatOfAllRanks) {
  MessageHub hub;
  const std::string clip = std::string("clip_grad { max_norm: 1 norm_type: ") +
                           GetParam().norm_type + " }";
  One one(clip, &hub);
  std::vector<dist::ReduceOp> ops;
  one.wrapper->set_rank_reduction(WithRank(GetParam().part, &ops));

  one.Update(3);

  EXPECT_EQ(ops, std::vector<dist::ReduceOp>{GetParam().op});
  EXPECT_NEAR(hub.FindScalar("train/grad_norm")->values().back(),
              GetParam().norm, 1e-5);
  EXPECT_NEAR(one.value(), 1 - 0.5 * 3 / GetParam().norm, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(
    Types, OptimWrapperNorm,
    ::testing::Values(NormCase{"Two", "2", 18, dist::ReduceOp::kSum, 6},
                      NormCase{"One", "1", 4, dist::ReduceOp::kSum, 10},
                      NormCase{"Infinity", "inf", 5, dist::ReduceOp::kMax, 5}),
    [](const auto& info) { return info.param.name; });

TEST(OptimWrapper, RankWithoutGradientsTakesPartInTheNorm) {
  One one("clip_grad { max_norm: 1 }");
  std::vector<dist::ReduceOp> ops;
  one.wrapper->set_rank_reduction(WithRank(4, &ops));

  one.wrapper->UpdateParams(at::ones({}).requires_grad_());

  EXPECT_EQ(ops.size(), 1);
  EXPECT_EQ(one.value(), 1);
}

TEST(OptimWrapper, GradientsAreUndefinedAfterAnUpdate) {
  One one("accumulative_counts: 2");
  one.Update();
  EXPECT_TRUE(one.weight.grad().defined());

  one.Update();

  EXPECT_FALSE(one.weight.grad().defined());
}

TEST(OptimWrapper, FrozenParametersKeepTheirIndexAndValue) {
  torch::nn::Module model;
  const at::Tensor frozen =
      model.register_parameter("frozen", at::ones({2}), false);
  const at::Tensor weight = model.register_parameter("weight", at::ones({2}));
  const auto wrapper =
      *BuildOptimWrapper("OptimWrapper", "", Sgd(), model, nullptr);

  wrapper->UpdateParams(weight.add(frozen).sum());

  EXPECT_TRUE(at::equal(frozen, at::ones({2})));
  EXPECT_TRUE(at::equal(weight.detach(), at::ones({2}).mul(0.5)));
  EXPECT_EQ(wrapper->optimizer().param_groups()[0].names,
            (std::vector<std::string>{"frozen", "weight"}));
}

TEST(OptimWrapper, FrozenModelIsRefused) {
  torch::nn::Module model;
  model.register_parameter("weight", at::ones({2}), false);

  const absl::Status status =
      BuildOptimWrapper("OptimWrapper", "", Sgd(), model, nullptr).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no parameter of the model requires a gradient"));
}

TEST(OptimWrapper, ModelWithoutParametersIsRefused) {
  const absl::Status status =
      BuildOptimWrapper("OptimWrapper", "", Sgd(), torch::nn::Module(), nullptr)
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no parameters"));
}

TEST(OptimWrapper, SharedParameterIsOptimizedOnce) {
  torch::nn::Module model;
  const at::Tensor weight = model.register_parameter("weight", at::ones({2}));
  model.register_parameter("tied", weight);

  const auto wrapper =
      *BuildOptimWrapper("OptimWrapper", "", Sgd(), model, nullptr);

  EXPECT_EQ(wrapper->optimizer().param_groups()[0].params.size(), 1);
}

TEST(OptimWrapper, NormIsNotRecordedWhenValuesAreClipped) {
  MessageHub hub;
  One one("clip_grad { clip_value: 0.5 }", &hub);

  one.Update();

  EXPECT_EQ(one.value(), 0.75);
  EXPECT_EQ(hub.FindScalar("train/grad_norm"), nullptr);
}

TEST(OptimWrapper, InfiniteNormThrowsWhereAsked) {
  One one("clip_grad { max_norm: 1 error_if_nonfinite: true }");

  EXPECT_THROW(one.Update(std::numeric_limits<double>::infinity()), c10::Error);
  EXPECT_EQ(one.value(), 1);
}

TEST(OptimWrapper, OptimizersOwnStateForgetsTheWindow) {
  One one("accumulative_counts: 2");
  one.Update();

  ASSERT_TRUE(
      one.wrapper->LoadStateDict(one.wrapper->optimizer().state_dict()).ok());

  EXPECT_FALSE(one.weight.grad().defined());
}

TEST(OptimWrapper, WindowOfAnotherLengthIsForgotten) {
  One saved("accumulative_counts: 4");
  for (int i = 0; i < 6; ++i) saved.Update();
  One one("accumulative_counts: 2");

  ASSERT_TRUE(one.wrapper->LoadStateDict(saved.wrapper->state_dict()).ok());

  EXPECT_FALSE(one.weight.grad().defined());
  EXPECT_EQ(one.wrapper->inner_count(), 0);
}

struct BadState {
  const char* name;
  Value accumulation;
  absl::StatusCode code;
  const char* word;
};

class OptimWrapperBadState : public ::testing::TestWithParam<BadState> {};

TEST_P(OptimWrapperBadState, IsRefusedAndChangesNothing) {
  One one("accumulative_counts: 2");
  one.Update();
  const Value before = DeepCopy(one.wrapper->state_dict());
  Value state = DeepCopy(before);
  (*state.get_if<Dict>())["accumulation"] = GetParam().accumulation;

  const absl::Status status = one.wrapper->LoadStateDict(state);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
  EXPECT_TRUE(BitIdentical(one.wrapper->state_dict(), before));
}

INSTANTIATE_TEST_SUITE_P(
    States, OptimWrapperBadState,
    ::testing::Values(
        BadState{"NoDict", 3, absl::StatusCode::kInvalidArgument,
                 "accumulation"},
        BadState{"NoWindow", Dict{{"gradients", Dict()}},
                 absl::StatusCode::kNotFound, "accumulative_counts"},
        BadState{"NoGradients", Dict{{"accumulative_counts", 2}},
                 absl::StatusCode::kNotFound, "gradients"},
        BadState{"NoCount",
                 Dict{{"accumulative_counts", 2},
                      {"loss_scale", 1},
                      {"gradients", Dict()}},
                 absl::StatusCode::kNotFound, "inner_count"},
        BadState{"NoScale",
                 Dict{{"accumulative_counts", 2},
                      {"gradients", Dict()},
                      {"inner_count", 1}},
                 absl::StatusCode::kNotFound, "loss_scale"},
        BadState{"ZeroScale",
                 Dict{{"accumulative_counts", 2},
                      {"loss_scale", 0},
                      {"gradients", Dict()},
                      {"inner_count", 1}},
                 absl::StatusCode::kInvalidArgument,
                 "loss_scale is 0; it must be finite and above 0"},
        BadState{"Shape",
                 Dict{{"accumulative_counts", 2},
                      {"loss_scale", 1},
                      {"gradients", Dict{{int64_t{0}, at::zeros({3})}}},
                      {"inner_count", 1}},
                 absl::StatusCode::kInvalidArgument,
                 "gradient has shape [3], the parameter [2]"}),
    [](const auto& info) { return info.param.name; });

struct BadConfig {
  const char* name;
  const char* config;
  const char* word;
};

class OptimWrapperBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(OptimWrapperBadConfig, IsRefused) {
  torch::nn::Module model;
  model.register_parameter("weight", at::ones({2}));

  const absl::Status status =
      BuildOptimWrapper("OptimWrapper", GetParam().config, Sgd(), model,
                        nullptr)
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, OptimWrapperBadConfig,
    ::testing::Values(
        BadConfig{"NoCounts", "accumulative_counts: 0",
                  "accumulative_counts is 0; it must be at least 1"},
        BadConfig{"NegativeCounts", "accumulative_counts: -2",
                  "accumulative_counts is -2"},
        BadConfig{"NoBound", "clip_grad {}", "needs max_norm or clip_value"},
        BadConfig{"BothBounds", "clip_grad { max_norm: 1 clip_value: 1 }",
                  "and not both"},
        BadConfig{"OtherType", "clip_grad { type: \"value\" max_norm: 1 }",
                  "type is \"value\", but max_norm is given; type must be "
                  "\"norm\""},
        BadConfig{"NegativeNorm", "clip_grad { max_norm: -1 }",
                  "max_norm is -1; it must be above 0"},
        BadConfig{"NanNorm", "clip_grad { max_norm: nan }", "max_norm is nan"},
        BadConfig{"ZeroValue", "clip_grad { clip_value: 0 }",
                  "clip_value is 0"},
        BadConfig{"NormType", "clip_grad { max_norm: 1 norm_type: 0 }",
                  "norm_type is 0; it must be above 0"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
