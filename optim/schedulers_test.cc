// What every scheduler must do, and that each equals mmengine's.

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

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
  // By iteration: rates of both groups, momenta of both.
  std::vector<std::vector<double>> values;
};

std::vector<Case> ReadCases() {
  std::ifstream file("optim/schedulers_golden.txt");
  std::vector<Case> cases;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key;
    std::string word;
    words >> key >> word;
    if (key == "case") {
      cases.emplace_back().name = word;
    } else if (key == "optimizer") {
      cases.back().optimizer = word;
    } else if (key == "scheduler") {
      std::string config;
      std::getline(words, config);
      cases.back().schedulers.emplace_back(word, config);
    } else {
      auto& row = cases.back().values.emplace_back();
      while (words >> word) row.push_back(std::stod(word));
    }
  }
  return cases;
}

std::unique_ptr<Optimizer> MakeOptimizer(const std::string& name) {
  std::vector<ParamGroup> groups(2);
  const double rates[] = {0.1, 0.004};
  const double momenta[] = {0.9, 0.8};
  for (int i = 0; i < 2; ++i) {
    groups[i].params = {at::ones({2})};
    groups[i].options["lr"] = rates[i];
    if (name == "SGD") {
      groups[i].options["momentum"] = momenta[i];
    } else {
      groups[i].options["betas"] = Value::List{momenta[i], 0.999};
    }
  }
  auto optimizer = RegistryOf<Optimizer>::Get().Build(
      TextConfig("optimizer", name, "lr: 1"), std::move(groups));
  EXPECT_TRUE(optimizer.ok()) << optimizer.status();
  return *std::move(optimizer);
}

ScheduleLengths Lengths() {
  ScheduleLengths lengths;
  lengths.epoch_length = kLength;
  lengths.max_epochs = kEpochs;
  lengths.max_iters = kEpochs * kLength;
  return lengths;
}

absl::StatusOr<std::unique_ptr<ParamScheduler>> Build(
    const std::string& name, const std::string& config, Optimizer* optimizer,
    const ScheduleLengths& lengths = Lengths()) {
  return RegistryOf<ParamScheduler>::Get().Build(
      TextConfig("param_scheduler", name, config), optimizer, lengths);
}

// An optimizer with its schedulers, stepped as a run does.
class Scheduled {
 public:
  explicit Scheduled(const Case& golden)
      : optimizer_(MakeOptimizer(golden.optimizer)) {
    for (const auto& [name, config] : golden.schedulers) {
      auto scheduler = Build(name, config, optimizer_.get());
      EXPECT_TRUE(scheduler.ok()) << scheduler.status();
      schedulers_.push_back(*std::move(scheduler));
    }
  }

  // Both rates, then both momenta.
  std::vector<double> values() const {
    std::vector<double> values;
    for (const auto& group : optimizer_->param_groups()) {
      values.push_back(group.real("lr"));
    }
    for (const auto& group : optimizer_->param_groups()) {
      values.push_back(group.options.Find("betas") ? group.beta(0)
                                                   : group.real("momentum"));
    }
    return values;
  }

  void Advance() {
    Step(/*by_epoch=*/false);
    if (++iteration_ % kLength == 0) Step(/*by_epoch=*/true);
  }

  Value state_dict() const {
    Value::List states;
    for (const auto& scheduler : schedulers_) {
      states.push_back(scheduler->state_dict());
    }
    return Dict{{"optimizer", optimizer_->state_dict()},
                {"schedulers", std::move(states)},
                {"iteration", iteration_}};
  }

  void LoadStateDict(const Value& state) {
    const Dict& dict = *state.get_if<Dict>();
    EXPECT_TRUE(optimizer_->LoadStateDict(*dict.Find("optimizer")).ok());
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

  std::unique_ptr<Optimizer> optimizer_;
  std::vector<std::unique_ptr<ParamScheduler>> schedulers_;
  int64_t iteration_ = 0;
};

class SchedulerGolden : public ::testing::TestWithParam<Case> {};

TEST_P(SchedulerGolden, EqualsMmengine) {
  Scheduled run(GetParam());

  for (const std::vector<double>& expected : GetParam().values) {
    const std::vector<double> actual = run.values();
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) {
      EXPECT_NEAR(actual[i], expected[i], 1e-12 * std::abs(expected[i]));
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

TEST(SchedulerGoldens, CoverAllKindsAndPairs) {
  const std::vector<Case> cases = ReadCases();

  EXPECT_EQ(cases.size(), 4 * 2 * 3 + 4 * 4 + 2);
  for (const Case& one : cases) EXPECT_EQ(one.values.size(), 24) << one.name;
}

TEST(Schedulers, EndIsTheRunsWhereNotGiven) {
  for (const bool by_epoch : {true, false}) {
    const auto optimizer = MakeOptimizer("SGD");
    const auto scheduler = *Build(
        "ConstantLR", by_epoch ? "" : "by_epoch: false", optimizer.get());

    const int64_t length = by_epoch ? kEpochs : kEpochs * kLength;
    for (int i = 0; i < length - 2; ++i) ASSERT_TRUE(scheduler->Step().ok());
    EXPECT_DOUBLE_EQ(optimizer->param_groups()[0].real("lr"), 0.1 / 3);
    ASSERT_TRUE(scheduler->Step().ok());
    EXPECT_DOUBLE_EQ(optimizer->param_groups()[0].real("lr"), 0.1);
  }
}

TEST(Schedulers, RunOfUnknownLengthNeverEnds) {
  const auto optimizer = MakeOptimizer("SGD");
  const auto scheduler =
      *Build("ConstantLR", "factor: 0.5", optimizer.get(), ScheduleLengths());

  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(scheduler->Step().ok());

  EXPECT_EQ(optimizer->param_groups()[0].real("lr"), 0.05);
}

struct BadConfig {
  const char* name;
  const char* scheduler;
  const char* config;
  const char* word;
};

class SchedulerBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(SchedulerBadConfig, IsRefusedAndChangesNothing) {
  for (const char* option : {"LR", "Momentum"}) {
    const auto optimizer = MakeOptimizer("SGD");
    const Value before = optimizer->state_dict();

    const absl::Status status =
        Build(std::string(GetParam().scheduler) + option, GetParam().config,
              optimizer.get())
            .status();

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
    EXPECT_TRUE(BitIdentical(optimizer->state_dict(), before));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Configs, SchedulerBadConfig,
    ::testing::Values(
        BadConfig{"EndBeforeBegin", "Linear", "begin: 4 end: 3",
                  "end 3 does not come after begin 4"},
        BadConfig{"EndAtBegin", "CosineAnnealing", "begin: 3 end: 3",
                  "end 3 does not come after begin 3"},
        BadConfig{"BeginAfterTheRun", "Constant", "begin: 7",
                  "end 6 does not come after begin 7; without end it is the "
                  "end of training"},
        BadConfig{"NegativeBegin", "MultiStep", "begin: -1 milestones: 1",
                  "begin is -1; it must not be negative"},
        BadConfig{"ConvertsIterations", "Linear",
                  "by_epoch: false convert_to_iter_based: true",
                  "convert_to_iter_based needs by_epoch: true"},
        BadConfig{"FactorZero", "Constant", "factor: 0",
                  "factor is 0; it must be in (0, 1]"},
        BadConfig{"FactorAbove", "Constant", "factor: 1.5", "factor is 1.5"},
        BadConfig{"FactorNan", "Constant", "factor: nan", "factor is nan"},
        BadConfig{"StartZero", "Linear", "start_factor: 0",
                  "start_factor 0 must be in (0, 1]"},
        BadConfig{"StartNan", "Linear", "start_factor: nan",
                  "start_factor nan"},
        BadConfig{"EndFactor", "Linear", "end_factor: 1.1",
                  "end_factor 1.1 in [0, 1]"},
        BadConfig{"BothLeast", "CosineAnnealing",
                  "eta_min: 0.1 eta_min_ratio: 0.1", "exclude each other"},
        BadConfig{"TMax", "CosineAnnealing", "T_max: 0",
                  "T_max is 0; it must be at least 1"},
        BadConfig{"LeastNegative", "CosineAnnealing", "eta_min: -1",
                  "eta_min is -1; it must be finite and not negative"},
        BadConfig{"LeastNan", "CosineAnnealing", "eta_min: nan",
                  "eta_min is nan"},
        BadConfig{"RatioNegative", "CosineAnnealing", "eta_min_ratio: -0.5",
                  "eta_min_ratio is -0.5"},
        BadConfig{"MilestonesOrder", "MultiStep", "milestones: 3 milestones: 2",
                  "milestones has 2 after 3"},
        BadConfig{"MilestonesNegative", "MultiStep", "milestones: -2",
                  "must not be negative"},
        BadConfig{"GammaNan", "MultiStep", "milestones: 1 gamma: nan",
                  "gamma is nan; it must be finite and not negative"},
        BadConfig{"GammaNegative", "MultiStep", "milestones: 1 gamma: -0.1",
                  "gamma is -0.1"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
