// What every optimizer must do, and that each equals torch's.

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/MemoryFormat.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/mlp_golden.h"
#include "optim/optimizer.h"
#include "optim/text_config.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string>& Optimizers() {
  static const auto* optimizers =
      new std::vector<std::string>{"SGD", "Adam", "AdamW"};
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

  EXPECT_EQ(Layout(optimizer->state_dict()), Layout(GetParam().state_dict));
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

TEST_P(AnyOptimizer, SparseGradientThrows) {
  const at::Tensor param = at::ones({2, 3}).requires_grad_();
  const auto optimizer = Make(param);
  at::Tensor(param).mutable_grad() = at::ones({2, 3}).to_sparse();

  EXPECT_THROW(optimizer->Step(), c10::Error);
}

TEST_P(AnyOptimizer, MixesDtypes) {
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
  Stepped(optimizer.get(), second, at::ones({2}));

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
                         ::testing::ValuesIn(Optimizers()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace anneal
