#include "optim/chained_scheduler.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/adam.h"
#include "optim/sgd.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// A tenth of the initial value more each step.
class Climb : public Schedule {
 public:
  double Next(int64_t step, double current, double initial) const override {
    return step == 0 ? current : current + initial / 10;
  }
};

ChainedScheduler::Span Iterations(int64_t begin, int64_t end) {
  return {begin, end, /*by_epoch=*/false, /*scale=*/1};
}

std::unique_ptr<ParamScheduler> MakeClimb(Optimizer* optimizer,
                                          const std::string& name,
                                          int64_t begin = 0,
                                          int64_t end = 100) {
  return std::make_unique<ChainedScheduler>(
      optimizer, name, Iterations(begin, end), std::make_unique<Climb>());
}

ParamGroup Group(Dict options = {}) {
  return {{at::ones({2})}, {}, std::move(options)};
}

std::unique_ptr<Optimizer> MakeSgd() {
  SGDConfig config;
  config.set_lr(1);
  config.set_momentum(0.5);
  return *SGD::Create(config, {Group()});
}

double Option(const Optimizer& optimizer, const char* name, int group = 0) {
  return optimizer.param_groups()[group].real(name);
}

TEST(ChainedScheduler, ChangesOnlyWithinItsSpan) {
  const auto sgd = MakeSgd();
  const auto climb = MakeClimb(sgd.get(), "lr", /*begin=*/2, /*end=*/4);
  std::vector<double> values;

  for (int i = 0; i < 6; ++i) {
    values.push_back(Option(*sgd, "lr"));
    ASSERT_TRUE(climb->Step().ok());
  }

  EXPECT_THAT(values, ::testing::ElementsAre(1, 1, 1, 1.1, 1.1, 1.1));
}

TEST(ChainedScheduler, ChangesAnyNumberOfAGroup) {
  const auto sgd = MakeSgd();
  sgd->param_groups()[0].options["weight_decay"] = 0.5;
  const auto climb = MakeClimb(sgd.get(), "weight_decay");

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(*sgd, "weight_decay"), 0.55);
  EXPECT_EQ(Option(*sgd, "lr"), 1);
}

TEST(ChainedScheduler, MomentumIsTheFirstBetaWhereThereIsNone) {
  AdamConfig config;
  config.add_betas(0.5);
  config.add_betas(0.75);
  const auto adam = *Adam::Create(config, {Group()});
  const auto climb = MakeClimb(adam.get(), "momentum");

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(adam->param_groups()[0].beta(0), 0.55);
  EXPECT_EQ(adam->param_groups()[0].beta(1), 0.75);
  EXPECT_EQ(adam->param_groups()[0].options.Find("momentum"), nullptr);
}

TEST(ChainedScheduler, InitialValueIsTheOptimizersBeforeAllSchedulers) {
  const auto sgd = MakeSgd();
  const auto first = MakeClimb(sgd.get(), "lr");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(first->Step().ok());
  const auto second = MakeClimb(sgd.get(), "lr");

  ASSERT_TRUE(second->Step().ok());

  EXPECT_DOUBLE_EQ(Option(*sgd, "lr"), 1.6);
  EXPECT_EQ(Option(*sgd, "initial_lr"), 1);
}

TEST(ChainedScheduler, IntegerInitialValueFromPythonIsTaken) {
  const auto sgd = MakeSgd();
  sgd->param_groups()[0].options["initial_lr"] = 2;
  const auto climb = MakeClimb(sgd.get(), "lr");

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(*sgd, "lr"), 1.2);
}

TEST(ChainedScheduler, GroupAddedLaterJoins) {
  const auto sgd = MakeSgd();
  const auto climb = MakeClimb(sgd.get(), "lr");
  ASSERT_TRUE(climb->Step().ok());
  ASSERT_TRUE(sgd->AddParamGroup(Group({{"lr", 3}})).ok());

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(*sgd, "lr", 0), 1.2);
  EXPECT_DOUBLE_EQ(Option(*sgd, "lr", 1), 3.3);
}

TEST(ChainedScheduler, StateIsMmengines) {
  const auto sgd = MakeSgd();
  const auto climb = MakeClimb(sgd.get(), "lr", 1, 9);
  ASSERT_TRUE(climb->Step().ok());
  ASSERT_TRUE(climb->Step().ok());

  EXPECT_EQ(climb->state_dict().DebugString(),
            "{'param_name': 'lr', 'begin': 1, 'end': 9, 'by_epoch': False, "
            "'base_values': [1], 'last_step': 1, '_global_step': 2, "
            "'_last_value': [1.1]}");
}

struct BadState {
  const char* name;
  const char* key;  // erased where the value is None
  Value value;
  absl::StatusCode code;
  const char* word;
};

class ChainedSchedulerBadState : public ::testing::TestWithParam<BadState> {};

TEST_P(ChainedSchedulerBadState, IsRefusedAndChangesNothing) {
  const auto sgd = MakeSgd();
  const auto climb = MakeClimb(sgd.get(), "lr");
  const Value before = climb->state_dict();
  Value state = Dict{{"param_name", "lr"},
                     {"by_epoch", false},
                     {"base_values", Value::List{0.5}},
                     {"last_step", 6},
                     {"_global_step", 7}};
  if (GetParam().value.is_none()) {
    state.get_if<Dict>()->Erase(std::string(GetParam().key));
  } else {
    (*state.get_if<Dict>())[GetParam().key] = GetParam().value;
  }

  const absl::Status status = climb->LoadStateDict(state);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
  EXPECT_TRUE(BitIdentical(climb->state_dict(), before));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kMissing = absl::StatusCode::kNotFound;

INSTANTIATE_TEST_SUITE_P(
    States, ChainedSchedulerBadState,
    ::testing::Values(
        BadState{"NoName", "param_name", {}, kMissing, "param_name"},
        BadState{"OtherName", "param_name", "momentum", kInvalid,
                 "of a scheduler of momentum, this one changes lr"},
        BadState{"NoUnits", "by_epoch", {}, kMissing, "by_epoch"},
        BadState{"OtherUnits", "by_epoch", true, kInvalid, "counts epochs"},
        BadState{"NoValues", "base_values", {}, kMissing, "base_values"},
        BadState{"OtherGroups", "base_values", Value::List{0.5, 0.6}, kInvalid,
                 "has 2 parameter groups, the optimizer 1"},
        BadState{"Text", "base_values", Value::List{"high"}, kInvalid,
                 "base_values"},
        BadState{"NoStep", "last_step", {}, kMissing, "last_step"},
        BadState{"NoGlobalStep", "_global_step", {}, kMissing, "_global_step"},
        BadState{"HalfStep", "_global_step", 0.5, kInvalid, "_global_step"}),
    [](const auto& info) { return info.param.name; });

TEST(ChainedScheduler, BaseSettingsOfMmenginesWrapperAreLeftOut) {
  const auto sgd = MakeSgd();
  ASSERT_TRUE(sgd->AddParamGroup(Group({{"lr", 2}})).ok());
  const auto climb = MakeClimb(sgd.get(), "lr");
  const Value state = Dict{{"param_name", "lr"},
                           {"by_epoch", false},
                           {"base_values", Value::List{5, 6, 7}},
                           {"last_step", 6},
                           {"_global_step", 6}};

  ASSERT_TRUE(climb->LoadStateDict(state).ok());
  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(*sgd, "lr", 0), 1.5);
  EXPECT_DOUBLE_EQ(Option(*sgd, "lr", 1), 2.6);
}

TEST(ChainedScheduler, UnknownOptionIsRefusedWithThoseThereAre) {
  const absl::Status status =
      ChainedScheduler::CheckParamName(*MakeSgd(), "eps");

  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("has no number \"eps\" to schedule; it has lr, "
                        "momentum, dampening, weight_decay"));
}

TEST(ChainedScheduler, OptionThatIsNoNumberIsRefused) {
  EXPECT_EQ(ChainedScheduler::CheckParamName(*MakeSgd(), "nesterov").code(),
            kInvalid);
}

TEST(ChainedScheduler, EpochsOfUnknownLengthAreNotConverted) {
  struct Config {
    int64_t begin() const { return 0; }
    bool has_end() const { return true; }
    int64_t end() const { return 2; }
    bool by_epoch() const { return true; }
    bool convert_to_iter_based() const { return true; }
  };

  const absl::Status status =
      ChainedScheduler::SpanOf(Config(), ScheduleLengths()).status();

  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("train loader whose epochs end"));
}

}  // namespace
}  // namespace anneal
