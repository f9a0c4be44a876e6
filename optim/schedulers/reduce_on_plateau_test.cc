// What the goldens of schedulers_test.cc don't show.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "optim/param_group.h"
#include "optim/param_scheduler.h"
#include "optim/schedulers/reduce_on_plateau_configs.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Halves lr after two validations without a better loss.
struct Plateau {
  Plateau() : Plateau(Config()) {}
  explicit Plateau(const ReduceOnPlateauLRConfig& config) {
    groups[0].options["lr"] = 1.0;
    scheduler = *BuildParamScheduler(config, &groups);
  }

  static ReduceOnPlateauLRConfig Config() {
    ReduceOnPlateauLRConfig config;
    config.set_factor(0.5);
    config.set_patience(1);
    return config;
  }

  absl::Status Validate(const std::string& name, double value) {
    const std::map<std::string, double> metrics = {{name, value}};
    return scheduler->Step(&metrics);
  }
  double lr() const { return groups[0].real("lr"); }

  std::vector<ParamGroup> groups = std::vector<ParamGroup>(1);
  std::unique_ptr<ParamScheduler> scheduler;
};

TEST(ReduceOnPlateau, ReducesWhenTheMetricStaysAsItIs) {
  Plateau plateau;

  ASSERT_TRUE(plateau.Validate("loss", 1).ok());
  ASSERT_TRUE(plateau.Validate("loss", 1).ok());
  EXPECT_EQ(plateau.lr(), 1);
  ASSERT_TRUE(plateau.Validate("loss", 1).ok());
  EXPECT_EQ(plateau.lr(), 0.5);
}

TEST(ReduceOnPlateau, NanIsNoImprovement) {
  Plateau plateau;

  ASSERT_TRUE(plateau.Validate("loss", std::nan("")).ok());
  ASSERT_TRUE(plateau.Validate("loss", std::nan("")).ok());

  EXPECT_EQ(plateau.lr(), 0.5);
}

TEST(ReduceOnPlateau, StepsWithoutMetricsOnlyCountEpochs) {
  ReduceOnPlateauLRConfig config = Plateau::Config();
  config.set_patience(0);
  config.set_begin(2);
  Plateau plateau(config);

  for (int epoch = 1; epoch <= 3; ++epoch) {
    ASSERT_TRUE(plateau.scheduler->Step().ok());
    // Worse than any, so each that counts is bad.
    ASSERT_TRUE(plateau.Validate("loss", 2e9).ok());
    EXPECT_EQ(plateau.lr(), epoch == 1 ? 1 : epoch == 2 ? 0.5 : 0.25);
  }
}

TEST(ReduceOnPlateau, MetricThatIsNotThereIsNamedWithThoseThatAre) {
  Plateau plateau;

  const absl::Status status = plateau.Validate("accuracy/top1", 0.9);

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no metric \"loss\" to reduce lr by; monitor must be "
                        "one of: accuracy/top1"));
}

TEST(ReduceOnPlateau, LooksAtMetrics) {
  Plateau plateau;

  EXPECT_TRUE(plateau.scheduler->need_val_args());
  EXPECT_TRUE(plateau.scheduler->by_epoch());
  EXPECT_EQ(plateau.scheduler->param_name(), "lr");
}

TEST(ReduceOnPlateau, StateHasMmenginesNames) {
  Plateau plateau;
  ASSERT_TRUE(plateau.scheduler->Step().ok());
  ASSERT_TRUE(plateau.Validate("loss", 0.25).ok());
  ASSERT_TRUE(plateau.Validate("loss", 0.5).ok());

  EXPECT_EQ(plateau.scheduler->state_dict().DebugString(),
            "{'param_name': 'lr', 'begin': 0, 'end': 1000000000, 'by_epoch': "
            "True, 'last_step': 1, '_global_step': 1, 'best': 0.25, "
            "'num_bad_epochs': 1, 'cooldown_counter': 0, '_last_value': [1]}");
}

class PlateauBadState : public ::testing::TestWithParam<const char*> {};

TEST_P(PlateauBadState, WithoutAPartIsRefusedAndChangesNothing) {
  Plateau plateau;
  ASSERT_TRUE(plateau.Validate("loss", 0.25).ok());
  const Value before = plateau.scheduler->state_dict();
  Plateau other;
  Value state = other.scheduler->state_dict();
  state.get_if<Dict>()->Erase(std::string(GetParam()));

  const absl::Status status = plateau.scheduler->LoadStateDict(state);

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam()));
  EXPECT_TRUE(BitIdentical(plateau.scheduler->state_dict(), before));
}

INSTANTIATE_TEST_SUITE_P(Parts, PlateauBadState,
                         ::testing::Values("param_name", "by_epoch", "best",
                                           "last_step", "_global_step",
                                           "num_bad_epochs",
                                           "cooldown_counter"),
                         [](const auto& info) {
                           std::string name = info.param;
                           return name[0] == '_' ? "global_step" : name;
                         });

}  // namespace
}  // namespace anneal
