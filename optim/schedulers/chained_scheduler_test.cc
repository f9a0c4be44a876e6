#include "optim/schedulers/chained_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/param_group.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Groups = std::vector<ParamGroup>;

// A tenth of the initial value more each step.
class Climb : public Schedule {
 public:
  double Next(int64_t step, const ScheduledValue& value) const override {
    return step == 0 ? value.current : value.current + value.initial / 10;
  }
};

ScheduleContext Iterations(int64_t begin, int64_t end) {
  ScheduleContext context;
  context.span = {begin, end, /*by_epoch=*/false};
  return context;
}

absl::StatusOr<std::unique_ptr<ChainedScheduler>> TryClimb(
    Groups* groups, const std::string& name, const ScheduleContext& context) {
  return ChainedScheduler::Create(*ScheduledParam::Create(groups, name),
                                  context, std::make_unique<Climb>());
}

std::unique_ptr<ParamScheduler> MakeClimb(Groups* groups,
                                          const std::string& name,
                                          int64_t begin = 0,
                                          int64_t end = 100) {
  return *TryClimb(groups, name, Iterations(begin, end));
}

ParamGroup Group(double lr) {
  ParamGroup group;
  group.options = Dict{{"lr", lr}, {"momentum", 0.5}, {"nesterov", false}};
  return group;
}

double Option(const Groups& groups, const char* name, int group = 0) {
  return groups[group].real(name);
}

TEST(ChainedScheduler, ChangesOnlyWithinItsSpan) {
  Groups groups = {Group(1)};
  const auto climb = MakeClimb(&groups, "lr", /*begin=*/2, /*end=*/4);
  std::vector<double> values;

  for (int i = 0; i < 6; ++i) {
    values.push_back(Option(groups, "lr"));
    ASSERT_TRUE(climb->Step().ok());
  }

  EXPECT_THAT(values, ElementsAre(1, 1, 1, 1.1, 1.1, 1.1));
}

TEST(ChainedScheduler, ChangesAnyNumberOfAGroup) {
  Groups groups = {Group(1)};
  groups[0].options["weight_decay"] = 0.5;
  const auto climb = MakeClimb(&groups, "weight_decay");

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(groups, "weight_decay"), 0.55);
  EXPECT_EQ(Option(groups, "lr"), 1);
}

TEST(ChainedScheduler, MomentumIsTheFirstBetaWhereThereIsNone) {
  Groups groups(1);
  groups[0].options["betas"] = Value::List{0.5, 0.75};
  const auto climb = MakeClimb(&groups, "momentum");

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(groups[0].beta(0), 0.55);
  EXPECT_EQ(groups[0].beta(1), 0.75);
  EXPECT_EQ(groups[0].options.Find("momentum"), nullptr);
}

// As mmengine's: another step 0 of the span, but the sixth of the schedule.
TEST(ChainedScheduler, LastStepGoesOnFromTheInitialValuesOfTheGroups) {
  Groups groups = {Group(1)};
  groups[0].options["initial_lr"] = 2.0;
  ScheduleContext context = Iterations(0, 100);
  context.last_step = 5;

  const auto climb = *TryClimb(&groups, "lr", context);

  EXPECT_DOUBLE_EQ(Option(groups, "lr"), 1.2);
  EXPECT_EQ(
      climb->state_dict().get_if<Dict>()->Find("last_step")->DebugString(),
      "6");
}

TEST(ChainedScheduler, LastStepWithoutInitialValuesIsRefused) {
  Groups groups = {Group(1)};
  ScheduleContext context = Iterations(0, 100);
  context.last_step = 5;

  const absl::Status status = TryClimb(&groups, "lr", context).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("initial_lr"));
}

TEST(ChainedScheduler, SaysWhatItChangesAndWhen) {
  Groups groups = {Group(1)};
  const auto climb = MakeClimb(&groups, "momentum", 2, 7);

  EXPECT_EQ(climb->param_name(), "momentum");
  EXPECT_EQ(climb->span()->begin, 2);
  EXPECT_EQ(climb->span()->end, 7);
  EXPECT_FALSE(climb->by_epoch());
}

TEST(ChainedScheduler, InitialValueIsTheOptimizersBeforeAllSchedulers) {
  Groups groups = {Group(1)};
  const auto first = MakeClimb(&groups, "lr");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(first->Step().ok());
  const auto second = MakeClimb(&groups, "lr");

  ASSERT_TRUE(second->Step().ok());

  EXPECT_DOUBLE_EQ(Option(groups, "lr"), 1.6);
  EXPECT_EQ(Option(groups, "initial_lr"), 1);
}

TEST(ChainedScheduler, IntegerInitialValueFromPythonIsTaken) {
  Groups groups = {Group(1)};
  groups[0].options["initial_lr"] = 2;
  const auto climb = MakeClimb(&groups, "lr");

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(groups, "lr"), 1.2);
}

TEST(ChainedScheduler, GroupAddedLaterJoins) {
  Groups groups = {Group(1)};
  const auto climb = MakeClimb(&groups, "lr");
  ASSERT_TRUE(climb->Step().ok());
  groups.push_back(Group(3));

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(groups, "lr", 0), 1.2);
  EXPECT_DOUBLE_EQ(Option(groups, "lr", 1), 3.3);
}

TEST(ChainedScheduler, StateIsMmengines) {
  Groups groups = {Group(1)};
  const auto climb = MakeClimb(&groups, "lr", 1, 9);
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
  Groups groups = {Group(1)};
  const auto climb = MakeClimb(&groups, "lr");
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
        BadState{"NegativeStep", "last_step", -5, kInvalid,
                 "has last_step -5; it must be -1 to"},
        BadState{"HugeStep", "_global_step", int64_t{1} << 62, kInvalid,
                 "_global_step"},
        BadState{"HalfStep", "_global_step", 0.5, kInvalid, "_global_step"}),
    [](const auto& info) { return info.param.name; });

TEST(ChainedScheduler, BaseSettingsOfMmenginesWrapperAreLeftOut) {
  Groups groups = {Group(1)};
  groups.push_back(Group(2));
  const auto climb = MakeClimb(&groups, "lr");
  const Value state = Dict{{"param_name", "lr"},
                           {"by_epoch", false},
                           {"base_values", Value::List{5, 6, 7}},
                           {"last_step", 6},
                           {"_global_step", 6}};

  ASSERT_TRUE(climb->LoadStateDict(state).ok());
  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(groups, "lr", 0), 1.5);
  EXPECT_DOUBLE_EQ(Option(groups, "lr", 1), 2.6);
}

TEST(ScheduledParam, UnknownOptionIsRefusedWithThoseThereAre) {
  Groups groups = {Group(1)};

  const absl::Status status = ScheduledParam::Create(&groups, "eps").status();

  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("has no number \"eps\" to schedule; it has lr, momentum"));
}

TEST(ScheduledParam, IntegerIsANumber) {
  Groups groups = {Group(1)};
  groups[0].options["lr"] = 1;
  const auto climb = MakeClimb(&groups, "lr");

  ASSERT_TRUE(climb->Step().ok());

  EXPECT_DOUBLE_EQ(Option(groups, "lr"), 1.1);
}

TEST(ChainedScheduler, LastStepWithAnInitialValueThatIsNoneIsRefused) {
  Groups groups = {Group(1)};
  groups[0].options["initial_lr"] = "high";
  ScheduleContext context = Iterations(0, 9);
  context.last_step = 2;

  const absl::Status status = TryClimb(&groups, "lr", context).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("hold initial_lr as a number"));
}

TEST(ScheduledParam, OptionThatIsNoNumberIsRefused) {
  Groups groups = {Group(1)};

  EXPECT_EQ(ScheduledParam::Create(&groups, "nesterov").status().code(),
            kInvalid);
}

TEST(ScheduledParam, DiesWhereTheNumberIsNoneAnyMore) {
  Groups groups = {Group(1)};
  const auto climb = MakeClimb(&groups, "lr");
  groups[0].options["lr"] = "high";

  EXPECT_DEATH(climb->Step().IgnoreError(), "lr is 'high'");
}

TEST(ScheduleContext, EpochsOfUnknownLengthAreNotConverted) {
  const absl::Status status =
      MakeScheduleContext(
          {0, true, 2, true, /*convert_to_iter_based=*/true, false, -1},
          ScheduleLengths())
          .status();

  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("train loader whose epochs end"));
}

}  // namespace
}  // namespace anneal
