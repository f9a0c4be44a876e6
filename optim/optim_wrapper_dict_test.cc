// OptimWrapperDict, by its registered name.

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "logging/message_hub.h"
#include "optim/base_optim_wrapper.h"
#include "optim/mlp_golden.h"
#include "optim/text_config.h"
#include "tests/support/captured_log.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class Container : public torch::nn::Module {};

// Modules "a", "b" and "b.c", each with a parameter "weight" of ones, and the
// wrapper that `config` makes of them.
struct Model {
  explicit Model(const std::string& config, MessageHub* hub = nullptr) {
    auto add = [](torch::nn::Module* owner, const char* name) {
      auto child = owner->register_module(name, std::make_shared<Container>());
      child->register_parameter("weight", at::ones({2}));
      return child;
    };
    a = add(&model, "a")->parameters()[0];
    auto module = add(&model, "b");
    b = module->parameters()[0];
    c = add(module.get(), "c")->parameters()[0];
    auto built = RegistryOf<BaseOptimWrapper>::Get().Build(
        TextConfig("optim_wrapper", "OptimWrapperDict", config), model, hub);
    status = built.status();
    if (built.ok()) wrapper = *std::move(built);
  }

  Container model;
  at::Tensor a, b, c;
  absl::Status status;
  std::unique_ptr<BaseOptimWrapper> wrapper;
};

// An entry of optim_wrappers.
std::string Entry(const std::string& name, const std::string& optimizer,
                  const std::string& fields = "") {
  return "optim_wrappers { key: '" + name +
         "' value { [type.googleapis.com/anneal.OptimWrapperConfig] { "
         "optimizer { [type.googleapis.com/anneal." +
         optimizer + " } } " + fields + " } } } ";
}
std::string Sgd(const std::string& name, const std::string& fields = "") {
  return Entry(name, "SGDConfig] { lr: 0.5 momentum: 0.9", fields);
}
std::string Adam(const std::string& name) {
  return Entry(name, "AdamConfig] { lr: 0.25 betas: 0.8 betas: 0.9");
}

TEST(OptimWrapperDict, EachTrainsItsModule) {
  Model one(Sgd("a") + Sgd("b"));

  (*one.wrapper)["a"].UpdateParams((one.a + one.b).sum());

  EXPECT_EQ(one.a[0].item<double>(), 0.5);
  EXPECT_EQ(one.b[0].item<double>(), 1);
  EXPECT_FALSE(one.a.grad().defined());
  EXPECT_TRUE(one.b.grad().defined());
}

TEST(OptimWrapperDict, OptimizersAndTheirValuesHaveNames) {
  const Model one(Sgd("b") + Adam("a"));

  ASSERT_EQ(one.wrapper->optimizers().size(), 2);
  EXPECT_EQ(one.wrapper->optimizers()[0].first, "a");
  EXPECT_THAT(one.wrapper->GetLr(),
              ElementsAre(Pair("a.lr", ElementsAre(0.25)),
                          Pair("b.lr", ElementsAre(0.5))));
  EXPECT_THAT(one.wrapper->GetMomentum(),
              ElementsAre(Pair("a.momentum", ElementsAre(0.8)),
                          Pair("b.momentum", ElementsAre(0.9))));
}

TEST(OptimWrapperDict, NameIsAPathInTheModel) {
  Model one(Sgd("a") + Sgd("b.c"));

  (*one.wrapper)["b.c"].UpdateParams(one.c.sum());

  EXPECT_EQ(one.c[0].item<double>(), 0.5);
}

TEST(OptimWrapperDict, RecordsTheNormOfEachByItsName) {
  MessageHub hub;
  Model one(Sgd("a", "clip_grad { max_norm: 1 }") + Sgd("b"), &hub);

  (*one.wrapper)["a"].UpdateParams(one.a.sum());

  EXPECT_NE(hub.FindScalar("train/a.grad_norm"), nullptr);
  EXPECT_EQ(hub.FindScalar("train/grad_norm"), nullptr);
}

TEST(OptimWrapperDict, HasNoLossOfItsOwn) {
  Model one(Sgd("a") + Sgd("b"));

  EXPECT_THROW(one.wrapper->UpdateParams(one.a.sum()),
               c10::NotImplementedError);
  EXPECT_THROW(one.wrapper->OptimContext(), c10::NotImplementedError);
}

TEST(OptimWrapperDict, UnknownNameThrowsWithThoseThereAre) {
  Model one(Sgd("a") + Sgd("b"));

  try {
    (*one.wrapper)["d"];
    FAIL();
  } catch (const c10::ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"d\"; it has: a, b"));
  }
}

TEST(OptimWrapperDict, BackwardOfEachCanBeReplaced) {
  Model one(Sgd("a", "accumulative_counts: 2") + Sgd("b"));
  std::vector<bool> syncs;
  one.wrapper->set_backward([&](const at::Tensor& loss, bool should_sync) {
    syncs.push_back(should_sync);
    loss.backward();
  });

  (*one.wrapper)["a"].UpdateParams(one.a.sum());
  (*one.wrapper)["b"].UpdateParams(one.b.sum());
  (*one.wrapper)["a"].UpdateParams(one.a.sum());

  EXPECT_THAT(syncs, ElementsAre(false, true, true));
}

TEST(OptimWrapperDict, UpdatesWhereNoWindowIsOpen) {
  Model one(Sgd("a", "accumulative_counts: 2") + Sgd("b"));
  EXPECT_TRUE(one.wrapper->ShouldUpdate());

  (*one.wrapper)["a"].UpdateParams(one.a.sum());

  EXPECT_FALSE(one.wrapper->ShouldUpdate());
}

// `steps` updates of both, b's every second time.
void Train(Model* one, int begin, int end) {
  for (int i = begin; i < end; ++i) {
    (*one->wrapper)["a"].UpdateParams(one->a.square().sum());
    if (i % 2 == 0) (*one->wrapper)["b"].UpdateParams(one->b.pow(3).sum());
  }
}

TEST(OptimWrapperDict, GoesOnFromAnyStepBitForBit) {
  const std::string config = Sgd("a", "accumulative_counts: 3") + Adam("b");
  for (const int step : {1, 2, 3, 4}) {
    Model whole(config), resumed(config);
    Train(&whole, 0, step);
    {
      at::NoGradGuard no_grad;
      resumed.a.copy_(whole.a);
      resumed.b.copy_(whole.b);
    }

    ASSERT_TRUE(
        resumed.wrapper->LoadStateDict(DeepCopy(whole.wrapper->state_dict()))
            .ok());
    resumed.wrapper->InitializeCountStatus(step, 8, false);
    Train(&whole, step, 8);
    Train(&resumed, step, 8);

    EXPECT_TRUE(BitIdentical(resumed.wrapper->state_dict(),
                             whole.wrapper->state_dict()));
    EXPECT_TRUE(at::equal(resumed.a, whole.a));
    EXPECT_TRUE(at::equal(resumed.b, whole.b));
  }
}

TEST(OptimWrapperDict, StateIsThatOfEachByName) {
  Model one(Sgd("a") + Adam("b"));

  const Value state = one.wrapper->state_dict();

  EXPECT_TRUE(BitIdentical(*state.get_if<Dict>()->Find("b"),
                           (*one.wrapper)["b"].state_dict()));
}

TEST(OptimWrapperDict, StateWithANameMissingIsRefused) {
  const Model saved(Sgd("a"));
  Model one(Sgd("a") + Sgd("b"));

  const absl::Status status =
      one.wrapper->LoadStateDict(saved.wrapper->state_dict());

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("of the optimizers a, this run has a, b"));
}

TEST(OptimWrapperDict, StateThatFailsChangesNothing) {
  Model one(Sgd("a") + Sgd("b"));
  Train(&one, 0, 1);
  const Value before = DeepCopy(one.wrapper->state_dict());
  Model other(Sgd("a") + Adam("b"));
  Train(&other, 0, 3);
  auto group_of = [](Model* model) -> ParamGroup& {
    return model->wrapper->optimizers()[0].second->param_groups()[0];
  };
  group_of(&other).options["initial_lr"] = 1.0;
  const at::Tensor param = group_of(&one).params[0];
  param.mutable_grad() = at::ones_like(param);

  const absl::Status status =
      one.wrapper->LoadStateDict(DeepCopy(other.wrapper->state_dict()));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("b: "));
  EXPECT_TRUE(BitIdentical(one.wrapper->state_dict(), before));
  EXPECT_EQ(group_of(&one).options.Find("initial_lr"), nullptr);
  EXPECT_TRUE(param.grad().defined());
}

TEST(OptimWrapperDict, WarnsOfAParameterThatNoneTrains) {
  const CapturedLog log;

  const Model one(Sgd("a"));

  EXPECT_THAT(log.Lines(), ElementsAre(HasSubstr("trains b.weight")));
}

TEST(OptimWrapperDict, IsSilentAboutFrozenParameters) {
  const CapturedLog log;

  const Model one(Sgd("a") + Sgd("b"));

  EXPECT_THAT(log.Lines(), IsEmpty());
}

TEST(BaseOptimWrapper, OfOneOptimizerHasNoNamedOnes) {
  Model one(Sgd("a") + Sgd("b"));

  EXPECT_THROW((*one.wrapper)["a"]["a"], c10::ValueError);
}

struct BadConfig {
  const char* name;
  std::string config;
  const char* message;
};

class OptimWrapperDictBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(OptimWrapperDictBadConfig, IsRefused) {
  const Model one(GetParam().config);

  EXPECT_EQ(one.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(one.status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, OptimWrapperDictBadConfig,
    ::testing::Values(
        BadConfig{"NoWrapper", "", "optim_wrappers is empty"},
        BadConfig{"OnlyRemovals", "optim_wrappers { key: 'a' value {} }",
                  "optim_wrappers is empty"},
        BadConfig{"Name", Sgd("x"),
                  "has no module \"x\" to train; it has: a, b"},
        BadConfig{"EmptyName", Sgd(""), "has no module \"\""},
        BadConfig{"SharedParameter", Sgd("b") + Sgd("b.c"),
                  "weight of b.c is a parameter of b too"},
        BadConfig{"BadWrapper", Sgd("a", "accumulative_counts: 0"),
                  "a: optim_wrapper.accumulative_counts is 0"},
        BadConfig{"Nested",
                  "optim_wrappers { key: 'b' value { "
                  "[type.googleapis.com/anneal.OptimWrapperDictConfig] { " +
                      Sgd("c") + " } } }",
                  "b has several optimizers itself"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
