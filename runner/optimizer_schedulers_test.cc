#include "runner/optimizer_schedulers.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/schedulers/exponential_configs.pb.h"
#include "optim/sgd.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Two optimizers with rate 1.
class OptimizerSchedulersTest : public ::testing::Test {
 protected:
  struct Pair {
    Pair() {
      for (const char* name : {"discriminator", "generator"}) {
        SGDConfig config;
        config.set_lr(1);
        owned.push_back(*SGD::Create(
            config, {{{at::zeros({1}).requires_grad_(true)}, {name}, {}}}));
        named.emplace_back(name, owned.back().get());
      }
    }
    // The present rates are the optimizers' state.
    void TakeRatesOf(const Pair& other) {
      for (size_t i = 0; i < owned.size(); ++i) {
        ASSERT_TRUE(owned[i]->LoadStateDict(other.owned[i]->state_dict()).ok());
      }
    }
    double rate(int index) const {
      return owned[index]->param_groups()[0].real("lr");
    }

    std::vector<std::unique_ptr<Optimizer>> owned;
    BaseOptimWrapper::NamedOptimizers named;
  };

  // A rate times `gamma` each iteration.
  static void Add(
      google::protobuf::RepeatedPtrField<google::protobuf::Any>* list,
      double gamma) {
    ExponentialLRConfig config;
    config.set_gamma(gamma);
    config.set_by_epoch(false);
    list->Add()->PackFrom(config);
  }
  void AddOf(const std::string& name, double gamma) {
    Add((*config_.mutable_param_scheduler_by_optimizer())[name]
            .mutable_schedulers(),
        gamma);
  }

  absl::StatusOr<OptimizerSchedulers> Build(
      const BaseOptimWrapper::NamedOptimizers& named) const {
    ScheduleLengths lengths;
    lengths.max_iters = 10;
    return OptimizerSchedulers::Build(
        {config_.param_scheduler(), config_.param_scheduler_by_optimizer()},
        named, lengths, /*has_validation=*/false);
  }

  void ExpectRefused(const BaseOptimWrapper::NamedOptimizers& named,
                     const std::string& words) const {
    const absl::Status status = Build(named).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  static void StepAll(OptimizerSchedulers* schedulers) {
    for (auto& one : schedulers->all()) ASSERT_TRUE(one->Step().ok());
  }

  RunnerConfig config_;
  Pair pair_;
};

TEST_F(OptimizerSchedulersTest, AListIsOfEveryOptimizer) {
  Add(config_.mutable_param_scheduler(), 0.5);
  auto schedulers = *Build(pair_.named);

  StepAll(&schedulers);

  EXPECT_EQ(pair_.rate(0), 0.5);
  EXPECT_EQ(pair_.rate(1), 0.5);
}

TEST_F(OptimizerSchedulersTest, ByNameEachHasItsOwn) {
  AddOf("generator", 0.5);
  AddOf("generator", 0.25);
  config_.mutable_param_scheduler_by_optimizer()->operator[]("discriminator");
  // The second would change the same number over the same span.
  ExpectRefused(pair_.named,
                "param_scheduler.generator.1: it changes lr over the same "
                "iterations 0 to 10 as param_scheduler.generator.0");
  (*config_.mutable_param_scheduler_by_optimizer())["generator"]
      .mutable_schedulers()
      ->RemoveLast();
  auto schedulers = *Build(pair_.named);

  StepAll(&schedulers);

  EXPECT_EQ(pair_.rate(0), 1);
  EXPECT_EQ(pair_.rate(1), 0.5);
  EXPECT_EQ(schedulers.place(0), "param_scheduler.generator.0");
}

TEST_F(OptimizerSchedulersTest, NamesMustBeThoseOfTheOptimizers) {
  AddOf("generator", 0.5);
  ExpectRefused(pair_.named,
                "param_scheduler has none for the optimizer discriminator");
  AddOf("discriminator", 0.5);
  AddOf("generatr", 0.5);
  ExpectRefused(pair_.named,
                "param_scheduler.generatr: there is no optimizer generatr; did "
                "you mean \"generator\"?");
  ExpectRefused({{"", pair_.owned[0].get()}}, "has one without a name");
  Add(config_.mutable_param_scheduler(), 0.5);
  ExpectRefused(pair_.named, "is a list and by the optimizers' names");
}

TEST_F(OptimizerSchedulersTest, StateIsOfEachByNameAndGoesOn) {
  AddOf("discriminator", 0.5);
  AddOf("generator", 0.25);
  auto whole = *Build(pair_.named);
  StepAll(&whole);
  const Value state = whole.state_dict();
  Pair other;
  auto resumed = *Build(other.named);
  other.TakeRatesOf(pair_);

  const absl::Status status = resumed.LoadStateDict(state);

  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(
      state.get_if<Dict>()->Find("generator")->get_if<Value::List>()->size(),
      1);
  EXPECT_TRUE(BitIdentical(resumed.state_dict(), state));
}

TEST_F(OptimizerSchedulersTest, StateOfALoneOptimizerIsAList) {
  Add(config_.mutable_param_scheduler(), 0.5);
  const BaseOptimWrapper::NamedOptimizers lone = {{"", pair_.owned[0].get()}};
  auto schedulers = *Build(lone);
  StepAll(&schedulers);

  const Value state = schedulers.state_dict();

  EXPECT_EQ(state.get_if<Value::List>()->size(), 1);
  EXPECT_TRUE(schedulers.LoadStateDict(state).ok());
}

TEST_F(OptimizerSchedulersTest, OneListOfAllIsTakenToo) {
  AddOf("discriminator", 0.5);
  AddOf("generator", 0.25);
  auto whole = *Build(pair_.named);
  StepAll(&whole);
  Value::List list;
  for (auto& one : whole.all()) list.push_back(one->state_dict());
  Pair other;
  auto resumed = *Build(other.named);
  other.TakeRatesOf(pair_);

  ASSERT_TRUE(resumed.LoadStateDict(list).ok());

  EXPECT_TRUE(BitIdentical(resumed.state_dict(), whole.state_dict()));
}

TEST_F(OptimizerSchedulersTest, StateOfAnotherConfigIsRefused) {
  AddOf("discriminator", 0.5);
  AddOf("generator", 0.25);
  const Value state = Build(pair_.named)->state_dict();
  AddOf("generator", 0.5);
  ExponentialLRConfig later;
  later.set_gamma(0.5);
  later.set_begin(2);
  (*config_.mutable_param_scheduler_by_optimizer())["generator"]
      .mutable_schedulers(1)
      ->PackFrom(later);
  Pair other;
  auto resumed = *Build(other.named);

  const absl::Status status = resumed.LoadStateDict(state);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("1 param_schedulers of generator, the config 2"));
  EXPECT_EQ(resumed.LoadStateDict(Dict{{"generator", Value::List()}}).code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace anneal
