// AmpOptimWrapper, by its registered name.

#include <ATen/autocast_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/communicator.h"
#include "optim/amp_optim_wrapper.pb.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/wrapped_mlp.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

class AmpOptimWrapperGolden : public ::testing::TestWithParam<MlpCase> {};

TEST_P(AmpOptimWrapperGolden, EqualsTorchsAutocast) {
  WrappedMlp run("AmpOptimWrapper", GetParam().wrapper, GetParam());

  ExpectNear(run.Train(0, kMlpSteps + 1), GetParam().losses, 1e-6);
}

TEST_P(AmpOptimWrapperGolden, ScaleOfAPowerOfTwoChangesNothing) {
  WrappedMlp run("AmpOptimWrapper",
                 GetParam().wrapper + " loss_scale { string_value: 'dynamic' }",
                 GetParam());

  ExpectNear(run.Train(0, kMlpSteps + 1), GetParam().losses, 1e-6);
}

TEST_P(AmpOptimWrapperGolden, GoesOnFromAnyStepBitForBit) {
  const std::string config =
      GetParam().wrapper +
      " loss_scale { struct_value { fields { key: 'growth_interval' value { "
      "number_value: 2 } } } }";
  for (const int step : {6, 7, 8}) {
    WrappedMlp whole("AmpOptimWrapper", config, GetParam());
    whole.Train(0, step);
    WrappedMlp resumed("AmpOptimWrapper", config, GetParam());

    resumed.ResumeFrom(whole);
    resumed.wrapper().InitializeCountStatus(step, kMlpSteps, false);

    EXPECT_EQ(resumed.Train(step, kMlpSteps + 1),
              whole.Train(step, kMlpSteps + 1));
    EXPECT_TRUE(BitIdentical(resumed.wrapper().state_dict(),
                             whole.wrapper().state_dict()));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, AmpOptimWrapperGolden,
                         ::testing::ValuesIn(WrapperCases(true)),
                         [](const auto& info) { return info.param.name; });

TEST(AmpOptimWrapperGoldens, CoverEveryOptimizer) {
  EXPECT_EQ(WrapperCases(true).size(), 3 * 2);
}

// A model of one parameter of ones, and its wrapper.
struct One {
  explicit One(const std::string& config)
      : weight(model.register_parameter("weight", at::ones({2, 2}))) {
    auto built = Build(config);
    EXPECT_TRUE(built.ok()) << built.status();
    if (built.ok()) wrapper = *std::move(built);
  }
  One() : weight(model.register_parameter("weight", at::ones({2, 2}))) {}

  absl::StatusOr<std::unique_ptr<OptimWrapper>> Build(
      const std::string& config) {
    MlpCase sgd;
    sgd.optimizer = "SGD";
    sgd.config = "lr: 0.5 momentum: 0.5";
    return BuildOptimWrapper("AmpOptimWrapper", config, sgd, model, nullptr);
  }
  at::ScalarType OutputDtype() {
    const auto context = wrapper->OptimContext();
    return at::linear(at::ones({1, 2}), weight).scalar_type();
  }
  double scale() const {
    const Value state = wrapper->state_dict();
    const Value* scaler = state.get_if<Dict>()->Find("loss_scaler");
    return *scaler->get_if<Dict>()->Find("scale")->get_if<double>();
  }

  torch::nn::Module model;
  at::Tensor weight;
  std::unique_ptr<OptimWrapper> wrapper;
};

TEST(AmpOptimWrapper, ForwardIsInTheDtypeAndOnlyInsideTheContext) {
  EXPECT_EQ(One("").OutputDtype(), at::kBFloat16);
  EXPECT_EQ(One("dtype: 'bfloat16'").OutputDtype(), at::kBFloat16);
  EXPECT_EQ(One("dtype: 'float16'").OutputDtype(), at::kHalf);

  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  EXPECT_EQ(at::linear(at::ones({1, 2}), at::ones({2, 2})).scalar_type(),
            at::kFloat);
}

TEST(AmpOptimWrapper, ContextRestoresAnOuterOne) {
  One half("dtype: 'float16'");
  One bfloat("dtype: 'bfloat16'");

  const auto outer = half.wrapper->OptimContext();
  bfloat.OutputDtype();

  EXPECT_TRUE(at::autocast::is_autocast_enabled(at::kCPU));
  EXPECT_EQ(at::autocast::get_autocast_dtype(at::kCPU), at::kHalf);
}

TEST(AmpOptimWrapper, WeightsAreCastAnewAfterAnUpdate) {
  One one("dtype: 'bfloat16'");
  std::vector<double> outputs;
  for (int i = 0; i < 2; ++i) {
    at::Tensor loss;
    {
      const auto context = one.wrapper->OptimContext();
      loss = at::linear(at::ones({1, 2}), one.weight).sum();
    }
    outputs.push_back(loss.item<double>());
    one.wrapper->UpdateParams(loss);
  }

  EXPECT_EQ(outputs, (std::vector<double>{4, 2}));
}

TEST(AmpOptimWrapper, BFloat16IsNotScaled) {
  EXPECT_EQ(One("").wrapper->state_dict().get_if<Dict>()->Find("loss_scaler"),
            nullptr);
}

TEST(AmpOptimWrapper, Float16IsScaledDynamically) {
  One one("dtype: 'float16'");
  EXPECT_EQ(one.scale(), 65536);

  one.wrapper->UpdateParams(
      one.weight.sum().mul(std::numeric_limits<double>::infinity()));

  EXPECT_EQ(one.scale(), 32768);
  EXPECT_EQ(one.weight.mean().item<double>(), 1);
}

TEST(AmpOptimWrapper, ClipsUnscaledGradients) {
  One one("dtype: 'float16' clip_grad { clip_value: 0.5 }");

  one.wrapper->UpdateParams(one.weight.sum());

  EXPECT_EQ(one.weight.mean().item<double>(), 0.75);
}

// One pass finds the norm of gradients that carry the scale.
TEST(AmpOptimWrapper, ClipsUnscaledGradientsByTheirNorm) {
  One one(
      "dtype: 'float16' clip_grad { max_norm: 0.5 } "
      "loss_scale { number_value: 1024 }");

  one.wrapper->UpdateParams(one.weight.sum());

  // Four gradients of 1 have the norm 2: a quarter of each is left.
  EXPECT_NEAR(one.weight.mean().item<double>(), 1 - 0.5 / 4, 1e-6);
}

// Their norm isn't: its squares are beyond a float.
TEST(AmpOptimWrapper, StepsWhereTheGradientsAreFinite) {
  One one("dtype: 'float32' loss_scale { number_value: 2 }");

  one.wrapper->UpdateParams(one.weight.sum().mul(1e30));

  EXPECT_NEAR(one.weight.mean().item<double>(), -5e29, 1e25);
}

TEST(AmpOptimWrapper, SkipsTheStepOfInfiniteGradients) {
  for (const char* clip : {"", "clip_grad { max_norm: 0.5 } "}) {
    One one(absl::StrCat(clip, "dtype: 'float16'"));
    const double scale = one.scale();

    one.wrapper->UpdateParams(
        one.weight.sum().mul(std::numeric_limits<double>::infinity()));

    EXPECT_EQ(one.weight.mean().item<double>(), 1);
    EXPECT_EQ(one.scale(), scale / 2);
  }
}

TEST(AmpOptimWrapper, FixedScaleStays) {
  One one("dtype: 'float16' loss_scale { number_value: 128 }");

  one.wrapper->UpdateParams(
      one.weight.sum().mul(std::numeric_limits<double>::infinity()));

  EXPECT_EQ(one.scale(), 128);
}

TEST(AmpOptimWrapper, StateOfFullPrecisionStartsTheScaleAnew) {
  One one("dtype: 'float16'");
  one.wrapper->UpdateParams(one.weight.sum());

  ASSERT_TRUE(
      one.wrapper->LoadStateDict(one.wrapper->optimizer().state_dict()).ok());

  EXPECT_EQ(one.scale(), 65536);
}

struct ScaleCase {
  const char* name;
  const char* saved;
  const char* loaded;
};

class AmpOptimWrapperScale : public ::testing::TestWithParam<ScaleCase> {};

// The gradient, not its scale, goes on where a run with one scale is resumed
// by a run with another.
TEST_P(AmpOptimWrapperScale, OfASavedWindowBecomesTheRuns) {
  const std::string window = "accumulative_counts: 2 ";
  One saved(window + GetParam().saved);
  saved.wrapper->UpdateParams(saved.weight.sum());
  One one(window + GetParam().loaded);

  ASSERT_TRUE(
      one.wrapper->LoadStateDict(DeepCopy(saved.wrapper->state_dict())).ok());
  one.wrapper->UpdateParams(one.weight.sum().mul(3));

  EXPECT_EQ(one.weight.mean().item<double>(), 1 - 0.5 * 2);
}

constexpr char kNoScale[] = "dtype: 'bfloat16'";
constexpr char kSmall[] = "dtype: 'float16' loss_scale { number_value: 2 }";
constexpr char kLarge[] = "dtype: 'float16' loss_scale { number_value: 1024 }";
constexpr char kDynamic[] = "dtype: 'float16'";

INSTANTIATE_TEST_SUITE_P(
    Scales, AmpOptimWrapperScale,
    ::testing::Values(ScaleCase{"None", kNoScale, kNoScale},
                      ScaleCase{"NoneToFixed", kNoScale, kLarge},
                      ScaleCase{"NoneToDynamic", kNoScale, kDynamic},
                      ScaleCase{"FixedToNone", kLarge, kNoScale},
                      ScaleCase{"FixedToFixed", kLarge, kSmall},
                      ScaleCase{"FixedToDynamic", kSmall, kDynamic},
                      ScaleCase{"DynamicToFixed", kDynamic, kLarge},
                      ScaleCase{"DynamicToDynamic", kDynamic, kDynamic}),
    [](const auto& info) { return info.param.name; });

TEST(AmpOptimWrapper, ReductionOverRanksReachesTheScaler) {
  One one("dtype: 'float16'");
  one.wrapper->set_rank_reduction([](at::Tensor* number, dist::ReduceOp op) {
    EXPECT_EQ(op, dist::ReduceOp::kMax);
    number->fill_(1);
  });

  one.wrapper->UpdateParams(one.weight.sum());

  EXPECT_EQ(one.weight.mean().item<double>(), 1);
  EXPECT_EQ(one.scale(), 32768);
}

TEST(AmpOptimWrapper, ConfigHasOptimWrappersFieldsOfTheSameNumbers) {
  const auto* base = OptimWrapperConfig::descriptor();
  for (int i = 0; i < base->field_count(); ++i) {
    const auto* field = base->field(i);
    const auto* own =
        AmpOptimWrapperConfig::descriptor()->FindFieldByNumber(field->number());
    ASSERT_NE(own, nullptr) << field->name();
    EXPECT_EQ(own->name(), field->name());
    EXPECT_EQ(own->type(), field->type()) << field->name();
    EXPECT_EQ(own->message_type(), field->message_type()) << field->name();
    EXPECT_EQ(own->is_repeated(), field->is_repeated()) << field->name();
  }
}

TEST(AmpOptimWrapper, StateThatFailsChangesNothing) {
  One one("dtype: 'float16'");
  const Value before = DeepCopy(one.wrapper->state_dict());
  Value bad_scaler = before;
  (*bad_scaler.get_if<Dict>())["loss_scaler"] = Dict();
  Value bad_optimizer = before;
  (*(*bad_optimizer.get_if<Dict>())["loss_scaler"].get_if<Dict>())["scale"] =
      2.0;
  (*bad_optimizer.get_if<Dict>())["param_groups"] = Value::List();

  EXPECT_EQ(one.wrapper->LoadStateDict(bad_scaler).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(one.wrapper->LoadStateDict(bad_optimizer).code(),
            absl::StatusCode::kInvalidArgument);

  EXPECT_TRUE(BitIdentical(one.wrapper->state_dict(), before));
}

TEST(AmpOptimWrapper, Float32HasNeitherAutocastNorScale) {
  One one("dtype: 'float32' use_fsdp: true");

  EXPECT_EQ(one.wrapper->OptimContext(), nullptr);
  EXPECT_EQ(one.wrapper->state_dict().get_if<Dict>()->Find("loss_scaler"),
            nullptr);
}

TEST(AmpOptimWrapper, ScalerThatIsNotEnabledScalesNothing) {
  One one(
      "dtype: 'float16' loss_scale { struct_value { fields { key: 'enabled' "
      "value { bool_value: false } } } }");

  EXPECT_EQ(one.wrapper->state_dict().get_if<Dict>()->Find("loss_scaler"),
            nullptr);
}

struct BadConfig {
  const char* name;
  const char* config;
  const char* word;
};

class AmpOptimWrapperBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(AmpOptimWrapperBadConfig, IsRefused) {
  const absl::Status status = One().Build(GetParam().config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, AmpOptimWrapperBadConfig,
    ::testing::Values(
        BadConfig{
            "Dtype", "dtype: 'float8'",
            "dtype is \"float8\"; it must be float16, bfloat16 or float32"},
        BadConfig{"ScaleName", "loss_scale { string_value: 'static' }",
                  "static"},
        BadConfig{"ScaleZero", "loss_scale { number_value: 0 }",
                  "the scale is 0; it must be above 0"},
        BadConfig{"ScaleNan", "loss_scale { number_value: nan }", "loss_scale"},
        BadConfig{"ScaleField",
                  "loss_scale { struct_value { fields { key: 'init' value { "
                  "number_value: 2 } } } }",
                  "loss_scale.init is"},
        BadConfig{"ScaleFieldValue",
                  "loss_scale { struct_value { fields { key: 'init_scale' "
                  "value { number_value: -1 } } } }",
                  "the scale is -1; it must be above 0"},
        BadConfig{"ScaleFieldKind",
                  "loss_scale { struct_value { fields { key: 'init_scale' "
                  "value { bool_value: true } } } }",
                  "loss_scale.init_scale is bool_value: true"},
        BadConfig{"ScaleInterval",
                  "loss_scale { struct_value { fields { key: 'growth_interval' "
                  "value { number_value: 1.5 } } } }",
                  "growth_interval is 1.5; it must be a whole number"},
        BadConfig{"ScaleGrowth",
                  "loss_scale { struct_value { fields { key: 'growth_factor' "
                  "value { number_value: 1 } } } }",
                  "growth_factor is 1; it must be finite and above 1"},
        BadConfig{"Counts", "accumulative_counts: 0", "accumulative_counts"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
