// What every optimizer must do, and that each equals torch's.

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/MemoryFormat.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/types/optional.h"
#include "optim/mlp_golden.h"
#include "optim/optimizer.h"
#include "optim/sophia_g.h"
#include "optim/text_config.h"
#include "registry/registry_index.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Those that mlp_golden.py trained.
const std::vector<std::string>& Optimizers() {
  static const auto* optimizers =
      new std::vector<std::string>{"SGD", "Adam", "AdamW"};
  return *optimizers;
}

// Those that treat every element alike, whatever the parameter's shape.
const std::vector<std::string>& ElementwiseOptimizers() {
  static const auto* optimizers = new std::vector<std::string>{
      "ASGD",    "Adadelta",  "Adagrad",    "Adam",   "AdamW", "AdamW8bit",
      "Adamax",  "FusedAdam", "HybridAdam", "Lion",   "NAdam", "RAdam",
      "RMSprop", "Rprop",     "SGD",        "SophiaG"};
  return *optimizers;
}

absl::StatusOr<std::unique_ptr<Optimizer>> Build(
    const std::string& name, const std::string& config,
    std::vector<ParamGroup> groups) {
  return RegistryOf<Optimizer>::Get().Build(
      TextConfig("optimizer", name, config), std::move(groups));
}

std::unique_ptr<Optimizer> BuildFor(const MlpCase& golden, const Mlp& mlp) {
  auto optimizer = Build(golden.optimizer, golden.config,
                         mlp.Groups(golden.num_groups, /*lr=*/0.03));
  EXPECT_TRUE(optimizer.ok()) << optimizer.status();
  return *std::move(optimizer);
}

class OptimizerGolden : public ::testing::TestWithParam<MlpCase> {};

TEST_P(OptimizerGolden, EqualsTorch) {
  const MlpCase& golden = GetParam();
  const Mlp mlp(golden.dtype);
  const auto optimizer = BuildFor(golden, mlp);

  auto losses = TrainMlp(mlp, 0, kMlpSteps, golden.skips, optimizer.get());
  losses.push_back(mlp.Loss(kMlpSteps).item<double>());

  ExpectNear(losses, golden.losses, golden.dtype == at::kDouble ? 1e-12 : 1e-6);
}

TEST_P(OptimizerGolden, GoesOnFromItsStateBitForBit) {
  const MlpCase& golden = GetParam();
  const Mlp whole(golden.dtype);
  const auto optimizer = BuildFor(golden, whole);
  TrainMlp(whole, 0, 7, golden.skips, optimizer.get());
  Mlp resumed(golden.dtype);
  resumed.set_params(whole.params());
  const auto other = BuildFor(golden, resumed);

  ASSERT_TRUE(other->LoadStateDict(DeepCopy(optimizer->state_dict())).ok());

  EXPECT_EQ(TrainMlp(resumed, 7, kMlpSteps, golden.skips, other.get()),
            TrainMlp(whole, 7, kMlpSteps, golden.skips, optimizer.get()));
  EXPECT_TRUE(BitIdentical(other->state_dict(), optimizer->state_dict()));
}

std::vector<MlpCase> BareCases() {
  std::vector<MlpCase> cases;
  for (const MlpCase& one : MlpCases(Optimizers())) {
    if (one.is_bare()) cases.push_back(one);
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Cases, OptimizerGolden,
                         ::testing::ValuesIn(BareCases()),
                         [](const auto& info) { return info.param.name; });

TEST(OptimizerGoldens, CoverEveryOptimizer) {
  EXPECT_EQ(BareCases().size(), 2 * (3 * 3 + 5 + 2 * 2 + 3 * 2));
  EXPECT_EQ(SavedMlps(Optimizers()).size(), 4);
}

class SavedOptimizer : public ::testing::TestWithParam<SavedMlp> {};

TEST_P(SavedOptimizer, PythonsStateGoesOnAsPython) {
  Mlp mlp;
  mlp.set_params(GetParam().params);
  const auto optimizer =
      *Build(GetParam().optimizer, GetParam().config, mlp.Groups(1, 0));

  ASSERT_TRUE(optimizer->LoadStateDict(GetParam().state_dict).ok());

  auto losses = TrainMlp(mlp, 7, kMlpSteps, false, optimizer.get());
  losses.push_back(mlp.Loss(kMlpSteps).item<double>());
  ExpectNear(losses, GetParam().losses, 1e-6);
}

// The keys of all dicts inside, in their order, with what kind each value is;
// an integer counts as a real, and Python's tuple as a list.
std::string Layout(const Value& value) {
  if (const auto* dict = value.get_if<Dict>()) {
    std::string text = "{";
    for (const auto& [key, item] : *dict) {
      text += KeyString(key) + ": " + Layout(item) + ", ";
    }
    return text + "}";
  }
  if (const auto* list = value.get_if<Value::List>()) {
    std::string text = "[";
    for (const Value& item : *list) text += Layout(item) + ", ";
    return text + "]";
  }
  if (const auto* tensor = value.get_if<at::Tensor>()) {
    return Value(*tensor).DebugString();
  }
  return value.get_if<int64_t>() ? "float" : value.type_name();
}

TEST_P(SavedOptimizer, StateIsLaidOutAsPythons) {
  const Mlp mlp;
  const auto optimizer =
      *Build(GetParam().optimizer, GetParam().config, mlp.Groups(1, 0));

  TrainMlp(mlp, 0, 7, false, optimizer.get());

  Value state = optimizer->state_dict();
  // Which Python passes over.
  state.get_if<Dict>()->Erase(std::string("type"));
  EXPECT_EQ(Layout(state), Layout(GetParam().state_dict));
}

INSTANTIATE_TEST_SUITE_P(Saved, SavedOptimizer,
                         ::testing::ValuesIn(SavedMlps(Optimizers())),
                         [](const auto& info) { return info.param.name; });

class AnyOptimizer : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Optimizer> Make(const at::Tensor& param) {
    auto optimizer = Build(GetParam(), Config(), {{{param}, {"weight"}, {}}});
    EXPECT_TRUE(optimizer.ok()) << optimizer.status();
    return *std::move(optimizer);
  }
  std::string Config() const {
    return GetParam() == "SGD" ? "lr: 0.5 momentum: 0.9" : "lr: 0.5";
  }
};

at::Tensor Numbers(at::IntArrayRef sizes) {
  const at::Tensor zeros = at::zeros(sizes);
  return at::arange(zeros.numel()).to(at::kFloat).reshape(sizes);
}

// Two steps whose gradients are `grad` and minus a half of it; the parameter's
// elements in their logical order.
std::vector<float> Stepped(Optimizer* optimizer, at::Tensor param,
                           const at::Tensor& grad) {
  for (const double factor : {1.0, -0.5}) {
    param.mutable_grad() = grad.mul(factor);
    optimizer->Step();
  }
  const at::Tensor flat = param.detach().contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

TEST_P(AnyOptimizer, GradientMayLieOtherwiseInMemory) {
  const at::Tensor plain = Numbers({2, 3}).requires_grad_();
  const at::Tensor other = Numbers({2, 3}).requires_grad_();
  const at::Tensor grad = Numbers({2, 3}).add(1);

  EXPECT_EQ(Stepped(Make(other).get(), other, grad.t().contiguous().t()),
            Stepped(Make(plain).get(), plain, grad));
}

TEST_P(AnyOptimizer, ParameterMayBeChannelsLast) {
  const at::Tensor plain = Numbers({2, 4, 2, 2}).requires_grad_();
  const at::Tensor other = Numbers({2, 4, 2, 2})
                               .contiguous(at::MemoryFormat::ChannelsLast)
                               .requires_grad_();
  const at::Tensor grad = Numbers({2, 4, 2, 2}).add(1);

  EXPECT_EQ(Stepped(Make(other).get(), other, grad),
            Stepped(Make(plain).get(), plain, grad));
}

TEST_P(AnyOptimizer, StateMayLieOtherwiseInMemory) {
  const at::Tensor grad = Numbers({2, 4, 2, 2}).add(1);
  const at::Tensor plain = Numbers({2, 4, 2, 2}).requires_grad_();
  const auto optimizer = Make(plain);
  Stepped(optimizer.get(), plain, grad);
  const Value state = DeepCopy(optimizer->state_dict());
  const at::Tensor other =
      plain.detach().clone(at::MemoryFormat::ChannelsLast).requires_grad_();
  const auto resumed = Make(other);

  ASSERT_TRUE(resumed->LoadStateDict(state).ok());

  EXPECT_EQ(Stepped(resumed.get(), other, grad),
            Stepped(optimizer.get(), plain, grad));
}

TEST_P(AnyOptimizer, ParameterWithGapsIsRefused) {
  const at::Tensor slice =
      at::ones({2, 4}).slice(1, 0, 2).detach().requires_grad_();

  const absl::Status status =
      Build(GetParam(), Config(), {{{slice}, {"weight"}, {}}}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("weight has gaps or overlaps in memory"));
}

TEST_P(AnyOptimizer, SparseGradientThrowsBeforeAnythingChanges) {
  if (GetParam() == "SGD" || GetParam() == "Adagrad") {
    GTEST_SKIP() << "it takes sparse gradients";
  }
  const at::Tensor first = at::ones({2, 3}).requires_grad_();
  const at::Tensor second = at::ones({2, 3}).requires_grad_();
  const auto optimizer = *Build(GetParam(), Config(),
                                {{{first, second}, {"first", "second"}, {}}});
  at::Tensor(first).mutable_grad() = at::ones({2, 3});
  at::Tensor(second).mutable_grad() = at::ones({2, 3}).to_sparse();

  try {
    optimizer->Step();
    FAIL() << "took it";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the gradient of second is sparse, "
                                        "which " +
                                        GetParam() + " does not take"));
  }
  EXPECT_TRUE(at::equal(first, at::ones({2, 3})));
}

TEST_P(AnyOptimizer, ScaledStepIsAStepOfScaledGradients) {
  const at::Tensor one = Numbers({2, 3}).requires_grad_();
  const at::Tensor other = Numbers({2, 3}).requires_grad_();
  const auto scaled = Make(one);
  const auto plain = Make(other);
  at::Tensor(one).mutable_grad() = Numbers({2, 3}).add(1);
  at::Tensor(other).mutable_grad() = Numbers({2, 3}).add(1).mul(0.25);

  scaled->ScaledStep(0.25);
  plain->Step();

  EXPECT_TRUE(at::equal(one, other));
}

// A gradient of another dtype goes by the kernels that serve accelerators.
TEST_P(AnyOptimizer, ForeachKernelsEqualTheLoops) {
  if (GetParam() == "AdamW8bit") GTEST_SKIP() << "it has neither";
  const at::Tensor one = Numbers({2, 3}).to(at::kDouble).requires_grad_();
  const at::Tensor other = Numbers({2, 3}).to(at::kDouble).requires_grad_();
  const auto by_lists = Make(one);
  const auto by_loops = Make(other);

  for (const double factor : {0.5, 0.25, -0.5, -0.125}) {
    const at::Tensor grad = Numbers({2, 3}).add(1).mul(factor);
    at::Tensor(one).mutable_grad() = grad;
    at::Tensor(other).mutable_grad() = grad.to(at::kDouble);
    by_lists->ScaledStep(0.5);
    by_loops->ScaledStep(0.5);
  }

  EXPECT_TRUE(at::allclose(one, other, /*rtol=*/1e-12, /*atol=*/1e-15));
}

TEST_P(AnyOptimizer, StateOfAnotherShapeIsRefusedAndChangesNothing) {
  const at::Tensor param = Numbers({2, 3}).requires_grad_();
  const at::Tensor other = Numbers({3, 2}).requires_grad_();
  const auto optimizer = Make(param);
  Stepped(optimizer.get(), param, at::ones({2, 3}));
  const auto resumed = Make(other);
  const Value before = DeepCopy(resumed->state_dict());

  const absl::Status status = resumed->LoadStateDict(optimizer->state_dict());

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the parameter [3, 2]; the state is of another model"));
  EXPECT_TRUE(BitIdentical(resumed->state_dict(), before));
}

TEST_P(AnyOptimizer, MixesDtypes) {
  if (GetParam() == "AdamW8bit") GTEST_SKIP() << "it takes no float64";
  const at::Tensor single = Numbers({3}).requires_grad_();
  const at::Tensor dbl = Numbers({3}).to(at::kDouble).requires_grad_();
  const auto optimizer =
      *Build(GetParam(), Config(), {{{single, dbl, at::ones({1})}, {}, {}}});

  at::Tensor(single).mutable_grad() = at::ones({3});
  at::Tensor(dbl).mutable_grad() = at::ones({3}, at::kDouble);
  optimizer->Step();

  EXPECT_TRUE(at::allclose(single.to(at::kDouble), dbl, /*rtol=*/1e-6));
  EXPECT_NE(dbl[1].item<double>(), 1.0);
}

TEST_P(AnyOptimizer, StateLoadsACopy) {
  const at::Tensor param = Numbers({2, 3}).requires_grad_();
  const auto optimizer = Make(param);
  Stepped(optimizer.get(), param, at::ones({2, 3}));
  const Value state = DeepCopy(optimizer->state_dict());
  const Value before = DeepCopy(state);

  ASSERT_TRUE(optimizer->LoadStateDict(state).ok());
  Stepped(optimizer.get(), param, at::ones({2, 3}));

  EXPECT_TRUE(BitIdentical(state, before));
}

TEST_P(AnyOptimizer, GroupAddedLaterIsOptimizedAndSaved) {
  const at::Tensor first = Numbers({2}).requires_grad_();
  const at::Tensor second = Numbers({2}).requires_grad_();
  const auto optimizer = Make(first);
  Stepped(optimizer.get(), first, at::ones({2}));

  ASSERT_TRUE(
      optimizer->AddParamGroup({{second}, {"late"}, {{"lr", 0.25}}}).ok());
  at::Tensor(second).mutable_grad() = at::ones({2});
  optimizer->Step();

  EXPECT_NE(second[0].item<float>(), 0);
  const Value state = optimizer->state_dict();
  EXPECT_EQ(state.get_if<Dict>()->Find("state")->get_if<Dict>()->size(), 2);
}

TEST_P(AnyOptimizer, StateOfAnotherOptimizerIsRefusedAndChangesNothing) {
  const at::Tensor param = Numbers({2, 3}).requires_grad_();
  const auto optimizer = Make(param);
  const Value before = optimizer->state_dict();
  const auto other = *Build(GetParam() == "SGD" ? "Adam" : "SGD", "lr: 0.1",
                            {{{param}, {"weight"}, {}}});

  const absl::Status status = optimizer->LoadStateDict(other->state_dict());

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("of another optimizer than " + GetParam()));
  EXPECT_TRUE(BitIdentical(optimizer->state_dict(), before));
}

INSTANTIATE_TEST_SUITE_P(Optimizers, AnyOptimizer,
                         ::testing::ValuesIn(ElementwiseOptimizers()),
                         [](const auto& info) { return info.param; });

// All that are linked.
class BadInput : public ::testing::TestWithParam<std::string> {
 protected:
  // What building with a matrix, or `groups`, says.
  absl::Status StatusOf(const std::string& config,
                        absl::optional<std::vector<ParamGroup>> groups = {}) {
    if (!groups) {
      groups = {{{at::ones({2, 3}).requires_grad_()}, {"weight"}, {}}};
    }
    return Build(GetParam(), config, *std::move(groups)).status();
  }
  // What a build without anything wrong needs.
  std::string Needed() const {
    if (GetParam() == "SGD") return "lr: 1";
    if (GetParam() == "FusedSGD") return "lr: 1";
    if (GetParam() == "PytorchLARS") return "momentum: 0.5";
    if (absl::StartsWith(GetParam(), "LARS")) return "lr: 1 momentum: 0.5";
    const bool is_bits_sgd =
        absl::StartsWith(GetParam(), "SGD") || GetParam() == "bnb_SGD";
    return is_bits_sgd ? "momentum: 0.5" : "";
  }
};

void ExpectRefused(const absl::Status& status, const std::string& word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

TEST_P(BadInput, NoneIsNone) {
  EXPECT_TRUE(StatusOf(Needed()).ok()) << StatusOf(Needed());
}

TEST_P(BadInput, RateMustBeFiniteAndNotNegative) {
  const std::string more = absl::StrReplaceAll(Needed(), {{"lr: 1", ""}});
  ExpectRefused(StatusOf(more + " lr: -1"), "lr is -1; it must be");
  ExpectRefused(StatusOf(more + " lr: nan"), "lr is nan; it must be");
  ExpectRefused(StatusOf(more + " lr: inf"), "lr is inf; it must be");
}

TEST_P(BadInput, NoParametersAreRefused) {
  ExpectRefused(StatusOf(Needed(), std::vector<ParamGroup>()),
                GetParam() + " got no parameters");
  ExpectRefused(StatusOf(Needed(), std::vector<ParamGroup>(1)),
                GetParam() + " got no parameters");
}

TEST_P(BadInput, AParameterGivenTwiceIsRefused) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();

  ExpectRefused(
      StatusOf(Needed(), std::vector<ParamGroup>{{{param, param}, {}, {}}}),
      "parameter 1 is given to " + GetParam() + " twice");
}

TEST_P(BadInput, BetasMustBeBelowOne) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  const auto optimizer = *Build(GetParam(), Needed(), {{{param}, {}, {}}});
  if (!optimizer->defaults().Find("betas")) return;

  for (const double bad : {1.0, -0.1, std::nan("")}) {
    Value::List betas =
        *optimizer->defaults().Find("betas")->get_if<Value::List>();
    betas.back() = bad;
    ExpectRefused(
        optimizer->AddParamGroup(
            {{at::ones({2, 3}).requires_grad_()}, {}, {{"betas", betas}}}),
        "each must be in [0, 1)");
  }
}

TEST_P(BadInput, DecayMustNotBeNegative) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  const auto optimizer = *Build(GetParam(), Needed(), {{{param}, {}, {}}});
  if (!optimizer->defaults().Find("weight_decay")) return;

  ExpectRefused(
      optimizer->AddParamGroup(
          {{at::ones({2, 3}).requires_grad_()}, {}, {{"weight_decay", -0.1}}}),
      "weight_decay is -0.1");
}

INSTANTIATE_TEST_SUITE_P(
    Optimizers, BadInput,
    ::testing::ValuesIn(RegistryIndex::Get().Names("optimizer")),
    [](const auto& info) { return info.param; });

struct BadConfig {
  const char* name;
  const char* optimizer;
  const char* config;
  const char* word;
};

class OwnBadInput : public ::testing::TestWithParam<BadConfig> {};

TEST_P(OwnBadInput, IsRefused) {
  const BadConfig& bad = GetParam();
  ExpectRefused(Build(bad.optimizer, bad.config,
                      {{{at::ones({2, 3}).requires_grad_()}, {"weight"}, {}}})
                    .status(),
                bad.word);
}

INSTANTIATE_TEST_SUITE_P(
    Configs, OwnBadInput,
    ::testing::Values(
        BadConfig{"Rho", "Adadelta", "rho: 1.5", "rho is 1.5; it must be in"},
        BadConfig{"Beta2Decay", "Adafactor", "beta2_decay: 0.1",
                  "beta2_decay is 0.1; it must be at most 0"},
        BadConfig{"Clip", "Adafactor", "d: 0.5", "d is 0.5"},
        BadConfig{"OneEps", "Adafactor", "eps: 0.5", "eps has 1 numbers"},
        BadConfig{"NanEps", "Adafactor", "eps: nan eps: 0.5", "eps has nan"},
        BadConfig{"T0", "ASGD", "t0: nan", "t0 is nan; it must be finite"},
        BadConfig{"Etas", "Rprop", "etas: 1.5 etas: 0.5", "etas are 1.5 and"},
        BadConfig{"OneEta", "Rprop", "etas: 0.5", "etas has 1 numbers"},
        BadConfig{"LionRate", "Lion", "lr: 0", "lr is 0; Lion needs"},
        BadConfig{"Differentiable", "Adam", "differentiable: true",
                  "differentiable is true"},
        BadConfig{"Amsgrad", "FusedAdam", "amsgrad: true",
                  "amsgrad is true, which FusedAdam has not"},
        BadConfig{"LambNorm", "FusedLamb", "max_grad_norm: 1", "clip_grad"},
        BadConfig{"LambClip", "FusedLAMB", "max_grad_norm: 0",
                  "max_grad_norm is 0; it must be finite and above 0"},
        BadConfig{"LambAmsgrad", "FusedLAMB", "amsgrad: true",
                  "amsgrad is true, which FusedLAMB has not"},
        BadConfig{"Eeta", "Lars", "eeta: 2", "eeta is 2; it must be in (0, 1]"},
        BadConfig{"LarsMomentum", "PytorchLARS", "", "momentum is 0"},
        BadConfig{"LarsNesterov", "PytorchLARS",
                  "momentum: 0.9 dampening: 0.1 nesterov: true",
                  "nesterov is true with a dampening"},
        BadConfig{"FusedNesterov", "FusedSGD", "lr: 1 nesterov: true",
                  "nesterov needs momentum above 0"},
        BadConfig{"Momentum8bit", "SGD8bit", "",
                  "momentum is 0, which SGD8bit has not"},
        BadConfig{"Nesterov8bit", "bnb_SGD", "momentum: 0.9 nesterov: true",
                  "nesterov is true, which bnb_SGD makes nothing of"},
        BadConfig{"Bits", "bnb_AdamW", "optim_bits: 16",
                  "optim_bits is 16; it must be 8 or 32"},
        BadConfig{"RMSpropMomentum", "bnb_RMSprop", "momentum: 0.9",
                  "momentum is 0.9, which bnb_RMSprop makes nothing of"},
        BadConfig{"RMSpropCentered", "RMSprop8bit", "centered: true",
                  "centered is true"},
        BadConfig{"RMSpropAlpha", "RMSprop8bit", "alpha: 0", "alpha is 0"},
        BadConfig{"AdagradDecay", "bnb_Adagrad", "lr_decay: 0.1",
                  "lr_decay is 0.1, which bnb_Adagrad makes nothing of"},
        BadConfig{"AdagradInitial", "Adagrad8bit",
                  "initial_accumulator_value: 0.1",
                  "initial_accumulator_value is 0.1"},
        BadConfig{"Amsgrad8bit", "AdamW8bit", "amsgrad: true", "amsgrad"},
        BadConfig{"LambMode", "LAMB", "adam_w_mode: false",
                  "adam_w_mode is false, which LAMB makes nothing of"},
        BadConfig{"LambUnorm", "LAMB32bit", "max_unorm: -1",
                  "max_unorm is -1; it must be"},
        BadConfig{"AdEMAMixBetas", "AdEMAMix", "betas: 0.9 betas: 0.99",
                  "betas has 2 numbers; it must have 3"},
        BadConfig{"AdEMAMixSteps", "AdEMAMix", "t_alpha: 0",
                  "t_alpha is 0; it must be finite and above 0"},
        BadConfig{"AdEMAMixGrowth", "AdEMAMix8bit",
                  "t_beta3: 9 betas: 0 betas: 0.9 betas: 0.9",
                  "t_beta3 is given with a beta of 0"},
        BadConfig{"D0", "DAdaptAdam", "d0: 0", "d is 0; it must be finite and"},
        BadConfig{"Growth", "DAdaptSGD", "growth_rate: 0.5",
                  "growth_rate is 0.5"},
        BadConfig{"Fsdp", "DAdaptSGD", "fsdp_in_use: true", "on each rank"},
        BadConfig{"MuonRule", "Muon", "adjust_lr_fn: 'best'",
                  "adjust_lr_fn is best; it must be original"},
        BadConfig{"MuonMomentum", "Muon", "momentum: 1.5",
                  "momentum is 1.5; it must be in [0, 1)"},
        BadConfig{"DAdaptMomentum", "DAdaptSGD", "momentum: 1",
                  "momentum is 1; it must be in [0, 1)"},
        BadConfig{"StepSizes", "Rprop", "step_sizes: 50 step_sizes: 1e-6",
                  "step_sizes are 50 and 1e-06; the first must be"},
        BadConfig{"MuonSteps", "Muon", "ns_steps: 100", "ns_steps is 100"},
        BadConfig{"Search", "LBFGS", "line_search_fn: 'armijo'",
                  "line_search_fn is armijo; it must be strong_wolfe"},
        BadConfig{"Iterations", "LBFGS", "max_iter: 0",
                  "max_iter is 0; it must be at least 1"}),
    [](const auto& info) { return info.param.name; });

// Bytes of state cost little: the mean loss of the last 16 of 200 steps.
TEST(AdamW8bit, TrainsAsAdamWDoes) {
  auto loss_of = [](const std::string& name, const std::string& config) {
    const Mlp mlp;
    const auto optimizer = *Build(name, config, mlp.Groups(1, 0));
    const auto losses = TrainMlp(mlp, 0, 200, false, optimizer.get());
    double sum = 0;
    for (size_t i = losses.size() - 16; i < losses.size(); ++i) {
      sum += losses[i];
    }
    return sum / 16;
  };

  const double expected = loss_of("AdamW", "lr: 0.01");

  EXPECT_NEAR(loss_of("AdamW8bit", "lr: 0.01 min_8bit_size: 1"), expected,
              0.01 * expected);
}

// As bitsandbytes since 0.49 writes it.
TEST(EightBit, TakesStateThatBitsandbytesWraps) {
  const auto make = [](at::Tensor param) {
    return *Build("AdamW8bit", "min_8bit_size: 1", {{{param}, {}, {}}});
  };
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  const auto optimizer = make(param);
  param.mutable_grad() = at::ones({2, 3});
  optimizer->Step();
  Value saved = DeepCopy(optimizer->state_dict());
  Dict& state = *(*saved.get_if<Dict>())["state"].get_if<Dict>();
  Dict inner = *state.Find(int64_t{0})->get_if<Dict>();
  Dict outer{{"step", *inner.Find("step")}};
  inner.Erase(std::string("step"));
  outer["__bnb_optimizer_quant_state__"] = inner;
  state[int64_t{0}] = outer;
  const auto resumed = make(param.detach().clone().requires_grad_());

  const absl::Status status = resumed->LoadStateDict(saved);

  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(BitIdentical(resumed->state_dict(), optimizer->state_dict()));
}

TEST(EightBit, StateOfOtherBitsIsRefused) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  param.mutable_grad() = at::ones({2, 3});
  const auto bytes =
      *Build("Lion8bit", "min_8bit_size: 1", {{{param}, {}, {}}});
  bytes->Step();
  const auto floats = *Build("Lion32bit", "", {{{param}, {}, {}}});

  ExpectRefused(floats->LoadStateDict(bytes->state_dict()),
                "state1 has 8 bits, but by optim_bits");
}

TEST(Muon, TakesMatricesOnly) {
  ExpectRefused(
      Build("Muon", "", {{{at::ones({3}).requires_grad_()}, {"bias"}, {}}})
          .status(),
      "bias has shape [3]; Muon takes matrices only");
}

TEST(LBFGS, StepsWithAClosureOnly) {
  const auto lbfgs =
      *Build("LBFGS", "", {{{at::ones({3}).requires_grad_()}, {}, {}}});

  EXPECT_TRUE(lbfgs->needs_closure());
  EXPECT_THROW(lbfgs->Step(), c10::Error);
}

TEST(SparseAdam, DenseGradientThrows) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  const auto optimizer = *Build("SparseAdam", "", {{{param}, {"table"}, {}}});
  at::Tensor(param).mutable_grad() = at::ones({2, 3});

  EXPECT_THROW(optimizer->Step(), c10::Error);
}

// Also of a group behind others, which have not moved then.
TEST(SGD, DecayOfASparseGradientThrowsAndChangesNothing) {
  const at::Tensor dense = at::ones({2, 3}).requires_grad_();
  const at::Tensor sparse = at::ones({2, 3}).requires_grad_();
  const auto optimizer =
      *Build("SGD", "lr: 1",
             {{{dense}, {}, {}}, {{sparse}, {}, {{"weight_decay", 0.1}}}});
  dense.mutable_grad() = at::ones({2, 3});
  sparse.mutable_grad() = at::ones({2, 3}).to_sparse();

  EXPECT_THROW(optimizer->Step(), c10::Error);

  EXPECT_TRUE(at::equal(dense, at::ones({2, 3})));
}

// Of pairs whose hyperparameters have the same names.
TEST(State, OfAnotherAlgorithmIsRefused) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  param.mutable_grad() = at::ones({2, 3});
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"RAdam", "Adam"},
      {"Adam", "RAdam"},
      {"FusedLamb", "FusedAdam"},
      {"SGD8bit", "Lion8bit"}};
  for (const auto& [from, to] : pairs) {
    const std::string config = from == "SGD8bit" ? "momentum: 0.9" : "";
    const auto saved = *Build(from, config, {{{param}, {}, {}}});
    const auto other = *Build(to, "", {{{param}, {}, {}}});

    ExpectRefused(other->LoadStateDict(saved->state_dict()),
                  "of another optimizer than " + to);
  }
}

TEST(State, OfTheSameAlgorithmByAnotherNameIsTaken) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  param.mutable_grad() = at::ones({2, 3});
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"FusedAdam", "AdamW"},
      {"FusedSGD", "SGD"},
      {"PagedAdamW8bit", "bnb_AdamW"}};
  for (const auto& [from, to] : pairs) {
    const std::string config = to == "SGD" ? "lr: 1" : "";
    const auto saved = *Build(from, config, {{{param}, {}, {}}});
    saved->Step();
    const auto other = *Build(to, config, {{{param}, {}, {}}});

    const absl::Status status = other->LoadStateDict(saved->state_dict());

    EXPECT_TRUE(status.ok()) << from << " -> " << to << ": " << status;
  }
}

TEST(State, WithStepsThatAreNoCountIsRefused) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  param.mutable_grad() = at::ones({2, 3});
  for (const std::string name : {"Adam", "AdamW8bit"}) {
    const auto optimizer = *Build(name, "", {{{param}, {}, {}}});
    optimizer->Step();
    for (const double bad : {-3.0, 0.5, std::nan(""), 1e30}) {
      Value state = DeepCopy(optimizer->state_dict());
      Dict& first =
          *(*(*state.get_if<Dict>())["state"].get_if<Dict>())[int64_t{0}]
               .get_if<Dict>();
      first["step"] = bad;

      ExpectRefused(optimizer->LoadStateDict(state),
                    "it must be a whole number that is not negative");
    }
  }
}

TEST(AddParamGroup, ChecksWhatTheClassTakes) {
  auto group = [](at::Tensor param, Dict options = Dict()) {
    return ParamGroup{{param.requires_grad_()}, {"bias"}, std::move(options)};
  };
  const auto muon = *Build("Muon", "", {group(at::ones({2, 3}))});
  ExpectRefused(muon->AddParamGroup(group(at::ones({3}))),
                "Muon takes matrices only");
  const auto lbfgs = *Build("LBFGS", "", {group(at::ones({2, 3}))});
  ExpectRefused(lbfgs->AddParamGroup(group(at::ones({3}))),
                "LBFGS takes one group");
  const auto dadapt = *Build("DAdaptAdam", "", {group(at::ones({2, 3}))});
  ExpectRefused(dadapt->AddParamGroup(group(at::ones({3}), {{"lr", 0.5}})),
                "DAdaptAdam takes one lr for all groups, or 0; got 1 and 0.5");
  const auto bytes = *Build("AdamW8bit", "", {group(at::ones({2, 3}))});
  ExpectRefused(bytes->AddParamGroup(group(at::ones({3}, at::kDouble))),
                "bias is in float64, and AdamW8bit computes in float32");
  const auto adafactor = *Build("Adafactor", "", {group(at::ones({2, 3}))});
  ExpectRefused(adafactor->AddParamGroup(group(
                    at::ones({3}), {{"eps", Value::List{1e-6, Value()}}})),
                "eps");
}

TEST(AddParamGroup, WholeRealsAreIntegers) {
  const auto muon =
      *Build("Muon", "",
             {{{at::ones({2, 3}).requires_grad_()}, {}, {{"ns_steps", 3.0}}}});

  EXPECT_EQ(*muon->param_groups()[0].options.Find("ns_steps")->AsInt(""), 3);
  ExpectRefused(
      muon->AddParamGroup(
          {{at::ones({2, 3}).requires_grad_()}, {}, {{"ns_steps", 2.5}}}),
      "ns_steps is 2.5; it must be an int");
}

// The first gradients may be 0.
TEST(DAdaptSGD, BeginsWhereTheFirstGradientIs) {
  const at::Tensor param = at::ones({2}).requires_grad_();
  const auto optimizer = *Build("DAdaptSGD", "", {{{param}, {}, {}}});
  for (const double gradient : {0.0, 1.0}) {
    param.mutable_grad() = at::full({2}, gradient);
    optimizer->Step();
  }

  EXPECT_NEAR(param[0].item<double>(), 1, 1e-3);
}

TEST(DAdaptSGD, StateWithoutItsNormIsRefused) {
  const at::Tensor param = at::ones({2}).requires_grad_();
  const auto optimizer = *Build("DAdaptSGD", "", {{{param}, {}, {}}});
  Value state = optimizer->state_dict();
  Value::List& groups =
      *(*state.get_if<Dict>())["param_groups"].get_if<Value::List>();
  groups[0].get_if<Dict>()->Erase(std::string("g0_norm"));

  ExpectRefused(optimizer->LoadStateDict(state), "has no g0_norm");
}

TEST(SophiaG, StepsAfterAHessianThatThrew) {
  const at::Tensor param = at::ones({2, 2}).requires_grad_();
  const auto optimizer = *Build("SophiaG", "lr: 0.1", {{{param}, {}, {}}});
  param.mutable_grad() = at::ones({2, 2}).to_sparse();
  EXPECT_THROW(dynamic_cast<SophiaG*>(optimizer.get())->UpdateHessian(),
               c10::Error);
  param.mutable_grad() = at::ones({2, 2});

  optimizer->Step();

  EXPECT_NE(param[0][0].item<double>(), 1);
}

}  // namespace
}  // namespace anneal
