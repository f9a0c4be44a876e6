// IterBasedTrainLoop, within a run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "dataset/data_loader.pb.h"
#include "fileio/file_client.h"
#include "fileio/pth/pth.h"
#include "optim/schedulers/linear_configs.pb.h"
#include "runner/checkpoint.h"
#include "runner/tiny_run.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Points = std::vector<std::string>;

// Saves every iteration.
RunnerConfig Config(const std::string& name, const std::string& train_cfg) {
  return TinyConfig(name,
                    Iters(train_cfg) +
                        "default_hooks { key: 'checkpoint' value { "
                        "[type.googleapis.com/anneal.CheckpointHookConfig] { "
                        "by_epoch: false interval: 1 } } }");
}

TEST(IterBasedTrainLoop, ReachesThePointsInMmenginesOrder) {
  Points points;

  ASSERT_TRUE(TrainRecorded(Config("iterations",
                                   "max_iters: 5 "
                                   "val_interval: 2"),
                            &points)
                  .ok());

  EXPECT_EQ(points, GoldenPoints("iterations"));
}

std::string LogOf(const Runner& run) {
  return *fileio::GetText(run.log_dir() + "/" + run.timestamp() + ".log");
}

TEST(IterBasedTrainLoop, SaysThatNoValidationIsDue) {
  // One after the other: the log is the last one's.
  const auto never = TinyRun(Config("never", "max_iters: 5"));
  ASSERT_TRUE(never->Train().ok());
  const auto once = TinyRun(Config("once", "max_iters: 5 val_interval: 5"));
  ASSERT_TRUE(once->Train().ok());

  EXPECT_THAT(LogOf(*never),
              HasSubstr("WARNING - this training has no validation: "
                        "train_cfg.val_begin 1 and val_interval 1000"));
  EXPECT_THAT(LogOf(*once), Not(HasSubstr("no validation")));
}

TEST(IterBasedTrainLoop, SaysThatASchedulerOfEpochsStandsStill) {
  RunnerConfig config = Config("epochs", "max_iters: 2");
  LinearLRConfig scheduler;
  scheduler.set_by_epoch(false);
  scheduler.set_end(2);
  config.add_param_scheduler()->PackFrom(scheduler);
  scheduler.set_by_epoch(true);
  config.add_param_scheduler()->PackFrom(scheduler);

  const auto run = TinyRun(config);
  ASSERT_TRUE(run->Train().ok());

  EXPECT_THAT(LogOf(*run),
              AllOf(HasSubstr("WARNING - param_scheduler.1 counts epochs"),
                    Not(HasSubstr("param_scheduler.0 counts"))));
}

TEST(IterBasedTrainLoop, GoesOnInTrainingModeAfterAValidation) {
  Points points;
  std::vector<bool> modes;

  ASSERT_TRUE(
      TrainRecorded(Config("modes", "max_iters: 2 val_interval: 1"), &points,
                    [&](anneal::Run& run, const std::string& point) {
                      if (absl::StartsWith(point, "before_train_iter"))
                        modes.push_back(run.strategy().model().is_training());
                    })
          .ok());

  EXPECT_EQ(modes, std::vector<bool>({true, true}));
}

TEST(IterBasedTrainLoop, StopsAfterTheIterationWithoutTheEpochsEnd) {
  Points points;

  ASSERT_TRUE(TrainRecorded(Config("stop", "max_iters: 5 val_interval: 2"),
                            &points,
                            [](anneal::Run& run, const std::string& point) {
                              if (point == "after_train_iter 1 at 0:1")
                                run.RequestStop("the test");
                            })
                  .ok());

  EXPECT_THAT(points, Not(Contains("before_val at 0:2")));
  EXPECT_THAT(points, Not(Contains("after_train_epoch at 0:2")));
  EXPECT_THAT(points, Contains("after_train at 0:2"));
}

// Resumes from each iteration, the passes over the data have 2.
class IterBasedTrainLoopFrom : public ::testing::TestWithParam<int> {};

TEST_P(IterBasedTrainLoopFrom, ResumesBitForBit) {
  Points points;
  const std::string train_cfg = "max_iters: 5 val_interval: 2";
  const std::string number = std::to_string(GetParam());
  const RunnerConfig whole = Config("whole_" + number, train_cfg);
  ASSERT_TRUE(TrainRecorded(whole, &points).ok());
  RunnerConfig config = Config("resumed_" + number, train_cfg);
  config.set_load_from(whole.work_dir() + "/iter_" + number + ".pth");
  config.set_resume(true);
  points.clear();

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_THAT(points,
              Contains("before_train_iter " + number + " at 0:" + number));
  EXPECT_TRUE(BitIdentical(StateOf(config.work_dir() + "/iter_5.pth"),
                           StateOf(whole.work_dir() + "/iter_5.pth")));
}

INSTANTIATE_TEST_SUITE_P(Iterations, IterBasedTrainLoopFrom,
                         ::testing::Range(1, 5));

// The CheckpointHook that a run has by default counts epochs: the end is one.
TEST(IterBasedTrainLoop, GoesOnBitForBitWhereItWasToEndWithTheDefaultHooks) {
  Points points;
  const std::string interval = " val_interval: 2";
  const RunnerConfig whole =
      TinyConfig("whole_longer", Iters("max_iters: 7" + interval));
  ASSERT_TRUE(TrainRecorded(whole, &points).ok());
  ASSERT_TRUE(
      TrainRecorded(TinyConfig("longer", Iters("max_iters: 3" + interval)),
                    &points)
          .ok());
  RunnerConfig config = TinyConfig("longer", Iters("max_iters: 7" + interval));
  config.set_resume(true);
  points.clear();

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_THAT(points, Contains("before_train_iter 3 at 0:3"));
  EXPECT_TRUE(BitIdentical(StateOf(config.work_dir() + "/epoch_1.pth"),
                           StateOf(whole.work_dir() + "/epoch_1.pth")));
}

TEST(IterBasedTrainLoop, SavesTheEndOfALongerRunToo) {
  const std::string last_only =
      "default_hooks { key: 'checkpoint' value { "
      "[type.googleapis.com/anneal.CheckpointHookConfig] {} } }";
  Points points;
  ASSERT_TRUE(
      TrainRecorded(TinyConfig("last", Iters("max_iters: 2") + last_only),
                    &points)
          .ok());
  RunnerConfig config = TinyConfig("last", Iters("max_iters: 4") + last_only);
  config.set_resume(true);

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  const Dict saved = *ReadCheckpoint(config.work_dir() + "/epoch_1.pth");
  EXPECT_EQ(*saved.Find("meta")->get_if<Dict>()->Find("iter")->AsInt(""), 4);
}

TEST(IterBasedTrainLoop, GoesOnBehindTheIterationsOfACheckpointFromElsewhere) {
  Points points;
  const RunnerConfig whole = Config("elsewhere_whole", "max_iters: 3");
  ASSERT_TRUE(TrainRecorded(whole, &points).ok());
  Dict checkpoint = *ReadCheckpoint(whole.work_dir() + "/iter_3.pth");
  checkpoint.Erase("anneal");
  const std::string path = ::testing::TempDir() + "elsewhere.pth";
  ASSERT_TRUE(SavePth(checkpoint, path).ok());
  RunnerConfig config = Config("elsewhere", "max_iters: 5");
  config.set_load_from(path);
  config.set_resume(true);
  points.clear();

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_THAT(points, Contains("before_train_iter 3 at 0:3"));
  const Dict saved = *ReadCheckpoint(config.work_dir() + "/iter_5.pth");
  const Dict& engine = *saved.Find("anneal")->get_if<Dict>();
  // Passes have 2 batches of 3.
  EXPECT_EQ(*engine.Find("pass")->AsInt(""), 2);
  EXPECT_EQ(*engine.Find("samples")->AsInt(""), 3);
}

TEST(IterBasedTrainLoop, RefusesNegativeIterations) {
  Points points;
  const absl::Status status =
      TrainRecorded(Config("negative", "max_iters: -3"), &points);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("train_cfg.max_iters is -3"));
}

TEST(IterBasedTrainLoop, NeedsABatch) {
  RunnerConfig config = Config("no_batch", "max_iters: 1");
  DataLoaderConfig loader;
  config.train_dataloader().UnpackTo(&loader);
  loader.set_batch_size(7);
  loader.set_drop_last(true);
  config.mutable_train_dataloader()->PackFrom(loader);
  Points points;

  const absl::Status status = TrainRecorded(config, &points);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("gives no batch"));
}

TEST(IterBasedTrainLoop, TakesALoaderThatNeverEnds) {
  RunnerConfig config = Config("endless", "max_iters: 5 val_interval: 9");
  DataLoaderConfig loader;
  config.train_dataloader().UnpackTo(&loader);
  loader.mutable_sampler()->set_type_url(
      "type.googleapis.com/anneal.InfiniteSamplerConfig");
  loader.mutable_sampler()->clear_value();
  config.mutable_train_dataloader()->PackFrom(loader);
  Points points;

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_THAT(points, Contains("after_train_iter 4 at 0:4"));
}

}  // namespace
}  // namespace anneal
