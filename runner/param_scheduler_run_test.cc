// What schedulers and optimizers are in a whole run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "optim/base_optim_wrapper.h"
#include "runner/tiny_run.h"
#include "strategy/strategy.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Wrapper(const std::string& optimizer, const std::string& more) {
  return absl::StrCat(
      "optim_wrapper { [type.googleapis.com/anneal.OptimWrapperConfig] { ",
      "optimizer { [type.googleapis.com/anneal.", optimizer, "} } ", more,
      "} } ");
}

double RateOf(anneal::Run& run) {
  return run.strategy()
      .optim_wrapper()
      ->optimizers()[0]
      .second->param_groups()[0]
      .real("lr");
}

// The rate at each point whose name begins with `at`.
absl::Status TrainRates(const RunnerConfig& config, const std::string& at,
                        std::vector<double>* rates) {
  std::vector<std::string> points;
  return TrainRecorded(config, &points,
                       [&](anneal::Run& run, const std::string& point) {
                         if (absl::StartsWith(point, at)) {
                           rates->push_back(RateOf(run));
                         }
                       });
}

TEST(TrainingRun, RefusesLbfgsBeforeTheFirstStep) {
  const RunnerConfig config =
      TinyConfig("lbfgs", Wrapper("LBFGSConfig] { lr: 1", ""));

  const auto run = Runner::Create(config, {});

  EXPECT_EQ(run.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(run.status().message()),
              AllOf(HasSubstr("optim_wrapper.optimizer evaluates the loss"),
                    HasSubstr("a loop of your own")));
}

// With a rate near 0 the accuracy stays as the first validation finds it, so of
// 6 validations with patience 1 the third reduces, and the fifth.
RunnerConfig Stalling(const std::string& name) {
  return TinyConfig(
      name,
      absl::StrCat(Epochs("max_epochs: 6"),
                   Wrapper("SGDConfig] { lr: 1e-9 momentum: 0.5", ""),
                   "param_scheduler { "
                   "[type.googleapis.com/anneal.ReduceOnPlateauLRConfig] { "
                   "monitor: 'accuracy/top1' rule: 'greater' factor: 0.5 "
                   "patience: 1 eps: 0 } } "));
}

TEST(TrainingRun, ReduceOnPlateauDropsTheRateWhenTheMetricStalls) {
  std::vector<double> rates;

  const absl::Status status =
      TrainRates(Stalling("plateau"), "before_train_epoch", &rates);

  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(rates,
              ElementsAre(DoubleEq(1e-9), DoubleEq(1e-9), DoubleEq(1e-9),
                          DoubleEq(5e-10), DoubleEq(5e-10), DoubleEq(2.5e-10)));
}

TEST(TrainingRun, ReduceOnPlateauGoesOnInsideItsPatienceBitForBit) {
  std::vector<double> rates;
  const RunnerConfig whole = Stalling("plateau_whole");
  ASSERT_TRUE(TrainRates(whole, "before_train_epoch", &rates).ok());
  RunnerConfig config = Stalling("plateau_resumed");
  config.set_load_from(whole.work_dir() + "/epoch_2.pth");
  config.set_resume(true);
  std::vector<double> resumed;

  ASSERT_TRUE(TrainRates(config, "before_train_epoch", &resumed).ok());

  EXPECT_EQ(resumed, std::vector<double>(rates.begin() + 2, rates.end()));
  EXPECT_TRUE(BitIdentical(StateOf(config.work_dir() + "/epoch_6.pth"),
                           StateOf(whole.work_dir() + "/epoch_6.pth")));
}

// docs/design/schedule.md: an iteration is a batch, also where the optimizer
// steps every second one.
TEST(TrainingRun, ASchedulerByIterationCountsBatchesInsideAWindow) {
  std::vector<double> plain;
  std::vector<double> accumulated;
  const std::string exponential =
      "param_scheduler { [type.googleapis.com/anneal.ExponentialLRConfig] { "
      "by_epoch: false gamma: 0.5 } } ";
  const std::string train_cfg = Iters("max_iters: 4");
  const std::string sgd = "SGDConfig] { lr: 0.8";

  ASSERT_TRUE(
      TrainRates(TinyConfig("plain", absl::StrCat(train_cfg, exponential,
                                                  Wrapper(sgd, ""))),
                 "before_train_iter", &plain)
          .ok());
  ASSERT_TRUE(
      TrainRates(
          TinyConfig("windows",
                     absl::StrCat(train_cfg, exponential,
                                  Wrapper(sgd, "accumulative_counts: 2"))),
          "before_train_iter", &accumulated)
          .ok());

  EXPECT_THAT(plain, ElementsAre(DoubleEq(0.8), DoubleEq(0.4), DoubleEq(0.2),
                                 DoubleEq(0.1)));
  EXPECT_EQ(accumulated, plain);
}

}  // namespace
}  // namespace anneal
