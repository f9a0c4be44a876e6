// What every scheduler must do, and that each equals mmengine's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "optim/param_group.h"
#include "optim/param_scheduler.h"
#include "optim/text_config.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int kEpochs = 6;
constexpr int kLength = 4;

// Of schedulers_golden.txt.
struct Case {
  std::string name;
  std::string optimizer;
  // Class and config.
  std::vector<std::pair<std::string, std::string>> schedulers;
  // By epoch.
  std::vector<double> losses;
  // Field and group -> value by iteration.
  std::map<std::pair<std::string, int>, std::vector<double>> values;
};

// "0.1*4 0.05" is 0.1 four times and 0.05 once.
std::vector<double> Unpacked(std::istringstream* words) {
  std::vector<double> values;
  std::string word;
  while (*words >> word) {
    const size_t star = word.find('*');
    const int count =
        star == std::string::npos ? 1 : std::stoi(word.substr(star + 1));
    values.insert(values.end(), count, std::stod(word.substr(0, star)));
  }
  return values;
}

std::vector<Case> ReadCases() {
  std::ifstream file("optim/schedulers/schedulers_golden.txt");
  std::vector<Case> cases;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key;
    std::string word;
    words >> key;
    if (key == "case") {
      words >> cases.emplace_back().name;
    } else if (key == "optimizer") {
      words >> cases.back().optimizer;
    } else if (key == "scheduler") {
      std::string config;
      words >> word;
      std::getline(words, config);
      cases.back().schedulers.emplace_back(word, config);
    } else if (key == "metrics") {
      cases.back().losses = Unpacked(&words);
    } else {
      int group;
      words >> group;
      cases.back().values[{key, group}] = Unpacked(&words);
    }
  }
  return cases;
}

// The options that the optimizer's groups have.
std::vector<ParamGroup> MakeGroups(const std::string& optimizer) {
  std::vector<ParamGroup> groups(2);
  const double rates[] = {0.1, 0.004};
  const double momenta[] = {0.9, 0.8};
  const double decays[] = {0.05, 0.02};
  for (int i = 0; i < 2; ++i) {
    groups[i].options["lr"] = rates[i];
    groups[i].options["weight_decay"] = decays[i];
    if (optimizer == "SGD") {
      groups[i].options["momentum"] = momenta[i];
    } else {
      groups[i].options["betas"] = Value::List{momenta[i], 0.999};
    }
  }
  return groups;
}

double FieldOf(const ParamGroup& group, const std::string& field) {
  const bool is_beta = field == "momentum" && group.options.Find("betas");
  return is_beta ? group.beta(0) : group.real(field);
}

Value OptionsOf(const std::vector<ParamGroup>& groups) {
  Value::List options;
  for (const ParamGroup& group : groups) options.push_back(group.options);
  return options;
}

ScheduleLengths Lengths() {
  ScheduleLengths lengths;
  lengths.epoch_length = kLength;
  lengths.max_epochs = kEpochs;
  lengths.max_iters = kEpochs * kLength;
  return lengths;
}

absl::StatusOr<std::unique_ptr<ParamScheduler>> Build(
    const std::string& name, const std::string& config,
    std::vector<ParamGroup>* groups,
    const ScheduleLengths& lengths = Lengths()) {
  return RegistryOf<ParamScheduler>::Get().Build(
      TextConfig("param_scheduler", name, config), groups, lengths);
}

// Groups with their schedulers, stepped as a run does.
class Scheduled {
 public:
  explicit Scheduled(const Case& golden)
      : golden_(golden), groups_(MakeGroups(golden.optimizer)) {
    for (const auto& [name, config] : golden.schedulers) {
      auto scheduler = Build(name, config, &groups_);
      EXPECT_TRUE(scheduler.ok()) << name << config << scheduler.status();
      if (scheduler.ok()) schedulers_.push_back(*std::move(scheduler));
    }
  }

  const std::vector<ParamGroup>& groups() const { return groups_; }

  void Advance() {
    Step(/*by_epoch=*/false);
    if (++iteration_ % kLength != 0) return;
    Step(/*by_epoch=*/true);
    if (golden_.losses.empty()) return;
    const std::map<std::string, double> metrics = {
        {"loss", golden_.losses[iteration_ / kLength - 1]}};
    for (auto& scheduler : schedulers_) {
      if (!scheduler->need_val_args()) continue;
      ASSERT_TRUE(scheduler->Step(&metrics).ok());
    }
  }

  Value state_dict() const {
    Value::List states;
    for (const auto& scheduler : schedulers_) {
      states.push_back(scheduler->state_dict());
    }
    return Dict{{"groups", OptionsOf(groups_)},
                {"schedulers", std::move(states)},
                {"iteration", iteration_}};
  }

  void LoadStateDict(const Value& state) {
    const Dict& dict = *state.get_if<Dict>();
    const auto& options = *dict.Find("groups")->get_if<Value::List>();
    for (size_t i = 0; i < groups_.size(); ++i) {
      groups_[i].options = *options[i].get_if<Dict>();
    }
    const auto& states = *dict.Find("schedulers")->get_if<Value::List>();
    for (size_t i = 0; i < states.size(); ++i) {
      EXPECT_TRUE(schedulers_[i]->LoadStateDict(states[i]).ok());
    }
    iteration_ = *dict.Find("iteration")->get_if<int64_t>();
  }

 private:
  void Step(bool by_epoch) {
    for (auto& scheduler : schedulers_) {
      if (scheduler->by_epoch() != by_epoch) continue;
      ASSERT_TRUE(scheduler->Step().ok());
    }
  }

  const Case& golden_;
  std::vector<ParamGroup> groups_;
  std::vector<std::unique_ptr<ParamScheduler>> schedulers_;
  int64_t iteration_ = 0;
};

void PrintTo(const Case& golden, std::ostream* out) { *out << golden.name; }

class SchedulerGolden : public ::testing::TestWithParam<Case> {};

TEST_P(SchedulerGolden, EqualsTheOriginal) {
  Scheduled run(GetParam());

  for (int iteration = 0; iteration < kEpochs * kLength; ++iteration) {
    for (const auto& [column, values] : GetParam().values) {
      const auto& [field, group] = column;
      const double expected = values.at(iteration);
      EXPECT_NEAR(FieldOf(run.groups()[group], field), expected,
                  1e-12 * std::abs(expected))
          << field << " of group " << group << ", iteration " << iteration;
    }
    run.Advance();
  }
}

TEST_P(SchedulerGolden, GoesOnFromItsStateBitForBit) {
  for (const int stop : {1, 7, 16}) {
    Scheduled whole(GetParam());
    for (int i = 0; i < stop; ++i) whole.Advance();
    Scheduled resumed(GetParam());

    resumed.LoadStateDict(whole.state_dict());

    for (int i = stop; i < kEpochs * kLength; ++i) {
      EXPECT_TRUE(BitIdentical(resumed.state_dict(), whole.state_dict()));
      whole.Advance();
      resumed.Advance();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, SchedulerGolden,
                         ::testing::ValuesIn(ReadCases()),
                         [](const auto& info) { return info.param.name; });

TEST(SchedulerGoldens, CoverEveryClass) {
  std::set<std::string> covered;
  int num_random = 0;
  for (const Case& one : ReadCases()) {
    num_random += std::isdigit(one.name[0]) != 0;
    EXPECT_EQ(one.values.size(), 6) << one.name;
    for (const auto& [name, config] : one.schedulers) covered.insert(name);
  }

  EXPECT_EQ(num_random, 100);
  // mmengine's 29, CyclicLR, CyclicMomentum, InverseSqrtLR, WSDLR.
  EXPECT_EQ(covered.size(), 29 + 4);
}

TEST(Schedulers, EndIsTheRunsWhereNotGiven) {
  for (const bool by_epoch : {true, false}) {
    std::vector<ParamGroup> groups = MakeGroups("SGD");
    const auto scheduler =
        *Build("ConstantLR", by_epoch ? "" : "by_epoch: false", &groups);

    const int64_t length = by_epoch ? kEpochs : kEpochs * kLength;
    for (int i = 0; i < length - 2; ++i) ASSERT_TRUE(scheduler->Step().ok());
    EXPECT_DOUBLE_EQ(groups[0].real("lr"), 0.1 / 3);
    ASSERT_TRUE(scheduler->Step().ok());
    EXPECT_DOUBLE_EQ(groups[0].real("lr"), 0.1);
  }
}

TEST(Schedulers, RunOfUnknownLengthNeverEnds) {
  std::vector<ParamGroup> groups = MakeGroups("SGD");
  const auto scheduler =
      *Build("ConstantLR", "factor: 0.5", &groups, ScheduleLengths());

  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(scheduler->Step().ok());

  EXPECT_EQ(groups[0].real("lr"), 0.05);
}

TEST(Schedulers, OneCycleNotesItsRangeInTheGroups) {
  std::vector<ParamGroup> groups = MakeGroups("SGD");
  const auto scheduler = *Build(
      "OneCycleLR", "eta_max: 1 div_factor: 4 final_div_factor: 10", &groups);

  EXPECT_EQ(groups[1].real("initial_lr"), 0.25);
  EXPECT_EQ(groups[1].real("max_lr"), 1);
  EXPECT_EQ(groups[1].real("min_lr"), 0.025);
}

TEST(Schedulers, OneCycleOfAnUnknownEndStaysAtItsLastValue) {
  std::vector<ParamGroup> groups = MakeGroups("SGD");
  const auto scheduler =
      *Build("OneCycleLR",
             "eta_max: 1 total_steps: 8 div_factor: 4 final_div_factor: 10",
             &groups, ScheduleLengths());

  for (int i = 0; i < 20; ++i) ASSERT_TRUE(scheduler->Step().ok());

  EXPECT_DOUBLE_EQ(groups[0].real("lr"), 0.025);
}

// mmengine and torch divide by zero.
TEST(Schedulers, OneCycleWhosePeakIsTheFirstStepStartsThere) {
  std::vector<ParamGroup> groups = MakeGroups("SGD");
  const auto scheduler = *Build(
      "OneCycleLR", "eta_max: 1 total_steps: 10 pct_start: 0.1", &groups);

  EXPECT_EQ(groups[0].real("lr"), 1);
  ASSERT_TRUE(scheduler->Step().ok());
  EXPECT_LT(groups[0].real("lr"), 1);
}

struct BadConfig {
  const char* name;
  const char* scheduler;
  const char* config;
  const char* word;
};

class SchedulerBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(SchedulerBadConfig, IsRefusedAndChangesNothing) {
  std::vector<ParamGroup> groups = MakeGroups("SGD");
  const Value before = OptionsOf(groups);

  const absl::Status status =
      Build(GetParam().scheduler, GetParam().config, &groups).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
  EXPECT_TRUE(BitIdentical(OptionsOf(groups), before));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, SchedulerBadConfig,
    ::testing::Values(
        BadConfig{"EndBeforeBegin", "LinearLR", "begin: 4 end: 3",
                  "end 3 does not come after begin 4"},
        BadConfig{"EndAtBegin", "CosineAnnealingLR", "begin: 3 end: 3",
                  "end 3 does not come after begin 3"},
        BadConfig{"BeginAfterTheRun", "ConstantLR", "begin: 7",
                  "end 6 does not come after begin 7; without end it is the "
                  "end of training"},
        BadConfig{"NegativeBegin", "MultiStepLR", "begin: -1 milestones: 1",
                  "begin is -1; it must not be negative"},
        BadConfig{"ConvertsIterations", "LinearLR",
                  "by_epoch: false convert_to_iter_based: true",
                  "convert_to_iter_based needs by_epoch: true"},
        BadConfig{"StepTooLong", "StepLR", "step_size: 4611686018427387904",
                  "step_size is 4611686018427387904; it must be at most "
                  "9007199254740992"},
        BadConfig{"ConvertedStep", "StepLR",
                  "step_size: 4611686018427387904 convert_to_iter_based: true",
                  "step_size is 4611686018427387904; it must be at most "},
        BadConfig{"ConvertedBegin", "StepLR",
                  "step_size: 1 convert_to_iter_based: true "
                  "begin: 4611686018427387904 end: 4611686018427387905",
                  "begin is 4611686018427387904; it must be at most "},
        BadConfig{"ConvertedEnd", "StepLR",
                  "step_size: 1 convert_to_iter_based: true "
                  "end: 4611686018427387905",
                  "end is 4611686018427387905; it must be at most "},
        BadConfig{"LastStepTooFar", "StepLR",
                  "step_size: 1 last_step: 9223372036854775807",
                  "last_step is 9223372036854775807; it must be at most "},
        BadConfig{"ConvertedTMax", "CosineAnnealingLR",
                  "convert_to_iter_based: true T_max: 4611686018427387904",
                  "T_max is 4611686018427387904; it must be at most "},
        BadConfig{"ConvertedMilestone", "MultiStepLR",
                  "convert_to_iter_based: true milestones: 1 "
                  "milestones: 4611686018427387904",
                  "milestones is 4611686018427387904; it must be at most "},
        BadConfig{"ConvertedPeriod", "CosineRestartLR",
                  "convert_to_iter_based: true eta_min: 0 "
                  "periods: 4611686018427387904",
                  "periods is 4611686018427387904; it must be at most "},
        BadConfig{"PeriodsTooLong", "CosineRestartLR",
                  "eta_min: 0 periods: 9007199254740992 periods: 1 "
                  "restart_weights: 1 restart_weights: 1",
                  "the sum of periods"},
        BadConfig{"ConvertedTotal", "OneCycleLR",
                  "convert_to_iter_based: true eta_max: 1 "
                  "total_steps: 4611686018427387904",
                  "total_steps is 4611686018427387904; it must be at most "},
        BadConfig{"ConvertedUp", "CyclicLR",
                  "convert_to_iter_based: true base_lr: 0 max_lr: 1 "
                  "step_size_up: 4611686018427387904",
                  "step_size_up is 4611686018427387904; it must be at most "},
        BadConfig{"ConvertedWarmUp", "InverseSqrtLR",
                  "convert_to_iter_based: true "
                  "warmup_steps: 4611686018427387904",
                  "warmup_steps is 4611686018427387904; it must be at most "},
        BadConfig{"ConvertedDecay", "WSDLR",
                  "convert_to_iter_based: true "
                  "decay_steps: 4611686018427387904",
                  "decay_steps is 4611686018427387904; it must be at most "},
        BadConfig{"FactorZero", "ConstantLR", "factor: 0",
                  "factor is 0; it must be in (0, 1]"},
        BadConfig{"FactorAbove", "ConstantLR", "factor: 1.5", "factor is 1.5"},
        BadConfig{"FactorNan", "ConstantLR", "factor: nan", "factor is nan"},
        BadConfig{"StartZero", "LinearLR", "start_factor: 0",
                  "start_factor is 0; it must be in (0, 1]"},
        BadConfig{"StartNan", "LinearLR", "start_factor: nan",
                  "start_factor is nan"},
        BadConfig{"EndFactor", "LinearLR", "end_factor: 1.1",
                  "end_factor is 1.1; it must be in [0, 1]"},
        BadConfig{"BothLeast", "CosineAnnealingLR",
                  "eta_min: 0.1 eta_min_ratio: 0.1", "exclude each other"},
        BadConfig{"TMax", "CosineAnnealingLR", "T_max: 0",
                  "T_max is 0; it must be at least 1"},
        BadConfig{"LeastNegative", "CosineAnnealingLR", "eta_min: -1",
                  "eta_min is -1; it must be finite and not negative"},
        BadConfig{"LeastNan", "CosineAnnealingLR", "eta_min: nan",
                  "eta_min is nan"},
        BadConfig{"RatioNegative", "CosineAnnealingLR", "eta_min_ratio: -0.5",
                  "eta_min_ratio is -0.5"},
        BadConfig{"MilestonesOrder", "MultiStepLR",
                  "milestones: 3 milestones: 2", "milestones has 2 after 3"},
        BadConfig{"MilestonesNegative", "MultiStepLR", "milestones: -2",
                  "must not be negative"},
        BadConfig{"GammaNan", "MultiStepLR", "milestones: 1 gamma: nan",
                  "gamma is nan; it must be finite and not negative"},
        BadConfig{"GammaNegative", "MultiStepLR", "milestones: 1 gamma: -0.1",
                  "gamma is -0.1"},
        BadConfig{"LastStep", "StepLR", "step_size: 1 last_step: -2",
                  "last_step is -2; it must be -1"},
        BadConfig{"LastStepOfNothing", "StepLR", "step_size: 1 last_step: 3",
                  "last_step needs an optimizer whose groups hold initial_lr"},
        BadConfig{"StepSize", "StepMomentum", "step_size: 0",
                  "step_size is 0; it must be at least 1"},
        BadConfig{"StepGamma", "StepLR", "step_size: 1 gamma: inf",
                  "gamma is inf"},
        BadConfig{"Exponential", "ExponentialLR", "gamma: -1", "gamma is -1"},
        BadConfig{"ParamName", "ExponentialParamScheduler",
                  "gamma: 1 param_name: 'eps'",
                  "has no number \"eps\" to schedule; it has lr, momentum, "
                  "weight_decay"},
        BadConfig{"PolyLeast", "PolyLR", "eta_min: -1", "eta_min is -1"},
        BadConfig{"PolyPower", "PolyLR", "power: -1", "power is -1"},
        BadConfig{"RestartLengths", "CosineRestartLR",
                  "periods: 2 periods: 3 eta_min: 0 restart_weights: 1",
                  "there are 2 periods and 1 restart_weights; give as many"},
        BadConfig{"RestartPeriod", "CosineRestartLR", "periods: -2 eta_min: 0",
                  "periods is -2; it must be at least 1"},
        BadConfig{"RestartWeight", "CosineRestartLR",
                  "periods: 2 restart_weights: -1 eta_min: 0",
                  "restart_weights is -1"},
        BadConfig{"RestartWithoutLeast", "CosineRestartLR", "periods: 2",
                  "needs eta_min or eta_min_ratio"},
        BadConfig{"CycleOfWeightDecay", "OneCycleParamScheduler",
                  "eta_max: 1 param_name: 'weight_decay'",
                  "OneCycle changes lr, not weight_decay"},
        BadConfig{"CyclePeaks", "OneCycleLR",
                  "eta_max: 1 eta_max: 2 eta_max: 3",
                  "eta_max has 3 values; give one, or one for each of the "
                  "optimizer's 2 parameter groups"},
        BadConfig{"CyclePeak", "OneCycleLR", "eta_max: 0",
                  "eta_max is 0; it must be finite and above 0"},
        BadConfig{"CycleStart", "OneCycleLR", "eta_max: 1 pct_start: 1.1",
                  "pct_start is 1.1; it must be in [0, 1]"},
        BadConfig{"CycleDiv", "OneCycleLR", "eta_max: 1 div_factor: 0",
                  "div_factor is 0"},
        BadConfig{"CycleFinalDiv", "OneCycleLR",
                  "eta_max: 1 final_div_factor: -1", "final_div_factor is -1"},
        BadConfig{"CycleStrategy", "OneCycleLR",
                  "eta_max: 1 anneal_strategy: 'cosine'",
                  "anneal_strategy is \"cosine\"; it must be cos or linear"},
        BadConfig{"CycleSteps", "OneCycleLR", "eta_max: 1 total_steps: 0",
                  "total_steps is 0; it must be at least 1"},
        BadConfig{"CycleTooShort", "OneCycleLR", "eta_max: 1 total_steps: 5",
                  "total_steps is 5, less than the 6 epochs from begin to end"},
        BadConfig{"PlateauByIteration", "ReduceOnPlateauLR", "by_epoch: false",
                  "by_epoch must be true"},
        BadConfig{"PlateauConverted", "ReduceOnPlateauLR",
                  "convert_to_iter_based: true", "convert_to_iter_based false"},
        BadConfig{"PlateauFactor", "ReduceOnPlateauLR", "factor: 1",
                  "factor is 1; it must be in [0, 1)"},
        BadConfig{"PlateauRule", "ReduceOnPlateauLR", "rule: 'min'",
                  "rule is \"min\"; it must be greater or less"},
        BadConfig{"PlateauThreshold", "ReduceOnPlateauLR", "threshold: -1",
                  "threshold is -1"},
        BadConfig{"PlateauThresholdRule", "ReduceOnPlateauLR",
                  "threshold_rule: 'relative'",
                  "threshold_rule is \"relative\"; it must be rel or abs"},
        BadConfig{"PlateauPatience", "ReduceOnPlateauLR", "patience: -1",
                  "patience is -1"},
        BadConfig{"PlateauCooldown", "ReduceOnPlateauLR", "cooldown: -1",
                  "cooldown is -1"},
        BadConfig{"PlateauEps", "ReduceOnPlateauLR", "eps: nan", "eps is nan"},
        BadConfig{"PlateauLeast", "ReduceOnPlateauLR", "min_value: -1",
                  "min_value is -1"},
        BadConfig{"PlateauLeasts", "ReduceOnPlateauLR",
                  "min_value: 0 min_value: 0 min_value: 0",
                  "min_value has 3 values"},
        BadConfig{"CyclicRange", "CyclicLR", "base_lr: 0.2 max_lr: 0.1",
                  "max is 0.1; it must be finite and at least 0.2"},
        BadConfig{"CyclicGroups", "CyclicLR",
                  "base_lr: 0 max_lr: 1 max_lr: 1 max_lr: 1",
                  "max has 3 values"},
        BadConfig{"CyclicUp", "CyclicLR",
                  "base_lr: 0 max_lr: 1 step_size_up: 0",
                  "step_size_up is 0; it must be at least 1"},
        BadConfig{"CyclicDown", "CyclicLR",
                  "base_lr: 0 max_lr: 1 step_size_down: -1",
                  "step_size_down is -1"},
        BadConfig{"CyclicMode", "CyclicLR", "base_lr: 0 max_lr: 1 mode: 'saw'",
                  "mode is \"saw\"; it must be triangular, triangular2 or "
                  "exp_range"},
        BadConfig{"CyclicGamma", "CyclicLR", "base_lr: 0 max_lr: 1 gamma: -1",
                  "gamma is -1"},
        BadConfig{"SqrtWarmUp", "InverseSqrtLR", "warmup_steps: -1",
                  "warmup_steps is -1; it must be not negative"},
        BadConfig{"SqrtTimescale", "InverseSqrtLR", "timescale: 0",
                  "timescale is 0; it must be at least 1"},
        BadConfig{"WSDTooLong", "WSDLR", "warmup_steps: 3 decay_steps: 4",
                  "warmup_steps and decay_steps are 7 epochs, more than the 6 "
                  "from begin to end"},
        BadConfig{"WSDDecay", "WSDLR", "decay_steps: -1", "decay_steps is -1"},
        BadConfig{"WSDWarmUp", "WSDLR", "decay_steps: 1 warmup_steps: -1",
                  "warmup_steps is -1"},
        BadConfig{"WSDType", "WSDLR", "decay_steps: 1 decay_type: 'cos'",
                  "decay_type is \"cos\"; it must be linear, cosine or "
                  "1-sqrt"},
        BadConfig{"WSDLeast", "WSDLR", "decay_steps: 1 eta_min_ratio: 2",
                  "eta_min_ratio is 2; it must be in [0, 1]"}),
    [](const auto& info) { return info.param.name; });

class SchedulerWithoutAnEnd : public ::testing::TestWithParam<const char*> {};

TEST_P(SchedulerWithoutAnEnd, IsRefused) {
  std::vector<ParamGroup> groups = MakeGroups("SGD");
  const std::string name = GetParam();

  const absl::Status status =
      Build(name, name == "WSDLR" ? "decay_steps: 1" : "eta_max: 1", &groups,
            ScheduleLengths())
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("needs an end"));
}

INSTANTIATE_TEST_SUITE_P(Classes, SchedulerWithoutAnEnd,
                         ::testing::Values("WSDLR", "OneCycleLR"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace anneal
