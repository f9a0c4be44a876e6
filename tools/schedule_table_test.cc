#include "tools/schedule_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "optim/param_group.h"
#include "optim/schedulers/cyclic_configs.pb.h"
#include "optim/schedulers/multi_step_configs.pb.h"
#include "optim/schedulers/reduce_on_plateau_configs.pb.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two epochs of two iterations, two groups.
struct ScheduleTableTest : ::testing::Test {
  ScheduleTableTest() {
    groups[0].options = Dict{{"lr", 0.5}, {"momentum", 0.9}};
    groups[1].options = Dict{{"lr", 0.25}, {"momentum", 0.9}};
    lengths.epoch_length = 2;
    lengths.max_epochs = 2;
    lengths.max_iters = 4;
  }

  template <typename Config>
  void Add(const Config& config) {
    schedulers.push_back(*BuildParamScheduler(config, &groups, lengths));
  }

  // lr halves at step 1.
  void AddHalving(bool by_epoch) {
    MultiStepLRConfig config;
    config.set_by_epoch(by_epoch);
    config.add_milestones(1);
    config.set_gamma(0.5);
    Add(config);
  }

  ScheduleTable Table() {
    return *SimulateSchedule({&groups, &schedulers, lengths});
  }

  std::vector<ParamGroup> groups = std::vector<ParamGroup>(2);
  std::vector<std::unique_ptr<ParamScheduler>> schedulers;
  ScheduleLengths lengths;
};

TEST_F(ScheduleTableTest, StepsByEpochAfterTheEpoch) {
  AddHalving(/*by_epoch=*/true);

  const ScheduleTable::Field lr = Table().fields[0];

  EXPECT_THAT(lr.columns, ElementsAre(ElementsAre(0.5, 0.5, 0.25, 0.25),
                                      ElementsAre(0.25, 0.25, 0.125, 0.125)));
  EXPECT_THAT(lr.Row(2), ElementsAre(0.25, 0.125));
}

TEST_F(ScheduleTableTest, StepsByIterationAfterTheIteration) {
  AddHalving(/*by_epoch=*/false);

  EXPECT_EQ(Table().ToJson(),
            "{\"lr\": [\n[0.5, 0.25],\n[0.25, 0.125],\n[0.25, 0.125],\n[0.25, "
            "0.125]\n], \"momentum\": [\n[0.9, 0.9],\n[0.9, 0.9],\n[0.9, "
            "0.9],\n[0.9, 0.9]\n]}\n");
}

TEST_F(ScheduleTableTest, MomentumOfAdamIsItsFirstBeta) {
  for (ParamGroup& group : groups) {
    group.options = Dict{{"lr", 1.0}, {"betas", Value::List{0.8, 0.99}}};
  }

  const ScheduleTable table = Table();

  ASSERT_EQ(table.fields.size(), 2);
  EXPECT_EQ(table.fields[1].name, "momentum");
  EXPECT_THAT(table.fields[1].Row(3), ElementsAre(0.8, 0.8));
}

TEST_F(ScheduleTableTest, OtherFieldsAreThereWhereTheyAreScheduled) {
  for (ParamGroup& group : groups) group.options["weight_decay"] = 0.5;
  MultiStepParamSchedulerConfig config;
  config.set_param_name("weight_decay");
  config.add_milestones(1);
  Add(config);

  const ScheduleTable table = Table();

  EXPECT_EQ(table.fields.back().name, "weight_decay");
  // What stays as it is has no panel.
  EXPECT_THAT(table.ToChart().panels, ::testing::SizeIs(2));
}

TEST_F(ScheduleTableTest, GroupsOfTheSameValuesShareACurve) {
  EXPECT_THAT(Table().ToChart().panels[0].curves, ::testing::SizeIs(2));
  groups[1].options["lr"] = 0.5;

  const Chart chart = Table().ToChart();

  ASSERT_THAT(chart.panels[0].curves, ::testing::SizeIs(1));
  EXPECT_EQ(chart.panels[0].curves[0].label, "groups 0, 1");
}

TEST_F(ScheduleTableTest, GroupsShareAColumnUntilTheyDiffer) {
  groups.resize(4);
  for (ParamGroup& group : groups) group.options = Dict{{"lr", 0.5}};
  CyclicLRConfig config;
  config.set_by_epoch(false);
  for (const double max : {1.0, 2.0, 2.0, 1.0}) {
    config.add_base_lr(0);
    config.add_max_lr(max);
  }
  config.set_step_size_up(2);
  Add(config);

  const ScheduleTable::Field lr = Table().fields[0];

  EXPECT_THAT(lr.column_of, ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(lr.columns, ElementsAre(ElementsAre(0, 0.5, 1, 0.5),
                                      ElementsAre(0, 1, 2, 1)));
}

TEST_F(ScheduleTableTest, RunTooLongToShowIsRefused) {
  lengths.max_iters = 1000000000000;

  const absl::Status status =
      SimulateSchedule({&groups, &schedulers, lengths}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("1000000000000 iterations"));
}

TEST_F(ScheduleTableTest, JsonHasNoInfinityAndEscapesNames) {
  ScheduleTable table;
  table.fields.push_back(
      {"a\"b", {0}, {{std::numeric_limits<double>::infinity(), NAN}}});

  EXPECT_EQ(table.ToJson(), "{\"a\\\"b\": [\n[null],\n[null]\n]}\n");
}

TEST_F(ScheduleTableTest, PlateauDependsOnTheMetric) {
  EXPECT_THAT(Table().notes, IsEmpty());
  Add(ReduceOnPlateauLRConfig());

  const ScheduleTable table = Table();

  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("depends on the metric")));
  EXPECT_THAT(table.fields[0].Row(3), ElementsAre(0.5, 0.25));
}

TEST_F(ScheduleTableTest, TrainingByIterationsIsOneEpoch) {
  AddHalving(/*by_epoch=*/true);
  lengths.max_epochs = 1;

  EXPECT_THAT(Table().fields[0].Row(3), ElementsAre(0.5, 0.25));
}

TEST_F(ScheduleTableTest, NumbersKeepAllTheirDigits) {
  groups.pop_back();
  groups[0].options["lr"] = 0.1 + 0.2;

  EXPECT_THAT(Table().ToJson(), HasSubstr("[0.30000000000000004]"));
}

}  // namespace
}  // namespace anneal
