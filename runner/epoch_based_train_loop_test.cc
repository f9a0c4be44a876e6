// EpochBasedTrainLoop, within a run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "dataset/data_loader.pb.h"
#include "runner/tiny_run.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Points = std::vector<std::string>;

// Asks for a stop at the point `at`.
PointRecorder::Also StopAt(const std::string& at) {
  return [at](anneal::Run& run, const std::string& point) {
    if (point == at) run.RequestStop("the test");
  };
}

TEST(EpochBasedTrainLoop, ReachesThePointsInMmenginesOrder) {
  Points points;

  ASSERT_TRUE(TrainRecorded(TinyConfig("epochs", Epochs("max_epochs: 3 "
                                                        "val_begin: 2")),
                            &points)
                  .ok());

  EXPECT_EQ(points, GoldenPoints("epochs"));
}

TEST(EpochBasedTrainLoop, FollowsDynamicIntervals) {
  Points points;

  ASSERT_TRUE(TrainRecorded(TinyConfig("intervals",
                                       Epochs("max_epochs: 6 val_interval: 3 "
                                              "dynamic_intervals "
                                              "{ begin: 5 interval: 1 }")),
                            &points)
                  .ok());

  EXPECT_EQ(points, GoldenPoints("intervals"));
}

TEST(EpochBasedTrainLoop, TrainsInTrainingModeAlsoAfterAValidation) {
  Points points;
  std::vector<bool> modes;

  ASSERT_TRUE(
      TrainRecorded(TinyConfig("modes", Epochs("max_epochs: 2")), &points,
                    [&](anneal::Run& run, const std::string& point) {
                      if (absl::StartsWith(point, "before_train_iter"))
                        modes.push_back(run.strategy().model().is_training());
                      if (absl::StartsWith(point, "after_val_iter"))
                        modes.push_back(run.strategy().model().is_training());
                    })
          .ok());

  EXPECT_THAT(modes, ElementsAre(true, true, false, true, true, false));
}

TEST(EpochBasedTrainLoop, StopsAfterTheIterationWithoutTheEpochsEnd) {
  Points points;

  ASSERT_TRUE(TrainRecorded(TinyConfig("stop", Epochs("max_epochs: 3")),
                            &points, StopAt("before_train_iter 0 at 1:2"))
                  .ok());

  EXPECT_THAT(points, Contains("after_train_iter 0 at 1:2"));
  EXPECT_THAT(points, Not(Contains(StartsWith("before_train_iter 1 at 1:"))));
  EXPECT_THAT(points, Not(Contains("after_train_epoch at 1:3")));
  EXPECT_THAT(points, Contains("after_train at 1:3"));
}

TEST(EpochBasedTrainLoop, EndsTheEpochWhoseLastIterationIsStopped) {
  Points points;

  ASSERT_TRUE(TrainRecorded(TinyConfig("stop_last", Epochs("max_epochs: 3")),
                            &points, StopAt("after_train_iter 1 at 0:1"))
                  .ok());

  EXPECT_THAT(points, Contains("after_train_epoch at 0:2"));
  EXPECT_THAT(points, Not(Contains(StartsWith("before_val"))));
  EXPECT_THAT(points, Contains("after_train at 1:2"));
}

TEST(EpochBasedTrainLoop, MakesUpForTheValidationThatAStopLeftOut) {
  RunnerConfig config = TinyConfig("make_up", Epochs("max_epochs: 3"));
  Points points;
  ASSERT_TRUE(
      TrainRecorded(config, &points, StopAt("after_train_iter 1 at 0:1")).ok());
  config.set_resume(true);
  Points resumed;

  ASSERT_TRUE(TrainRecorded(config, &resumed).ok());

  EXPECT_THAT(Points(resumed.begin() + 1, resumed.begin() + 4),
              ElementsAre("before_train at 1:2", "before_val at 1:2",
                          "before_val_epoch at 1:2"));
}

// Stops a run of 3 epochs at `at`, resumes it, and compares it with the run
// that was never stopped.
class EpochBasedTrainLoopStopped
    : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(EpochBasedTrainLoopStopped, ResumesBitForBit) {
  const auto& [name, at] = GetParam();
  RunnerConfig config = TinyConfig(name, Epochs("max_epochs: 3"));
  Points points;
  ASSERT_TRUE(TrainRecorded(config, &points, StopAt(at)).ok());
  config.set_resume(true);
  ASSERT_TRUE(TrainRecorded(config, &points).ok());
  const RunnerConfig whole =
      TinyConfig(std::string(name) + "_whole", Epochs("max_epochs: 3"));
  ASSERT_TRUE(TrainRecorded(whole, &points).ok());

  EXPECT_TRUE(BitIdentical(StateOf(config.work_dir() + "/epoch_3.pth"),
                           StateOf(whole.work_dir() + "/epoch_3.pth")));
}

INSTANTIATE_TEST_SUITE_P(
    Places, EpochBasedTrainLoopStopped,
    ::testing::Values(
        std::pair("AfterTheFirstIteration", "after_train_iter 0 at 0:0"),
        std::pair("AtTheEndOfAnEpoch", "after_train_iter 1 at 0:1"),
        std::pair("AfterAValidation", "after_val at 1:2"),
        std::pair("InsideAnEpoch", "after_train_iter 0 at 2:4")),
    [](const auto& info) { return std::string(info.param.first); });

TEST(EpochBasedTrainLoop, GoesOnAtTheSampleWhereAnotherBatchSizeStopped) {
  RunnerConfig config = TinyConfig("batch_size", Epochs("max_epochs: 2"));
  Points points;
  ASSERT_TRUE(
      TrainRecorded(config, &points, StopAt("after_train_iter 0 at 1:2")).ok());
  DataLoaderConfig loader;
  config.train_dataloader().UnpackTo(&loader);
  loader.set_batch_size(1);
  config.mutable_train_dataloader()->PackFrom(loader);
  config.set_resume(true);
  points.clear();

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_THAT(points, AllOf(Contains("before_train_iter 3 at 1:3"),
                            Contains("after_train_iter 5 at 1:5"),
                            Not(Contains(StartsWith("before_train_iter 2")))));
}

struct Refused {
  const char* name;
  std::string config;
  const char* words;
};

class EpochBasedTrainLoopRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(EpochBasedTrainLoopRefuses, WithWhatWouldBeRight) {
  Points points;

  const absl::Status status =
      TrainRecorded(TinyConfig(GetParam().name, GetParam().config), &points);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
  EXPECT_TRUE(points.empty());
}

// Any fields don't merge: the loader is rewritten from what is given.
RunnerConfig WithLoader(const std::string& name,
                        void (*change)(DataLoaderConfig*)) {
  RunnerConfig config = TinyConfig(name, Epochs("max_epochs: 1"));
  DataLoaderConfig loader;
  config.train_dataloader().UnpackTo(&loader);
  change(&loader);
  config.mutable_train_dataloader()->PackFrom(loader);
  return config;
}

INSTANTIATE_TEST_SUITE_P(
    Configs, EpochBasedTrainLoopRefuses,
    ::testing::Values(Refused{"NegativeEpochs", Epochs("max_epochs: -1"),
                              "train_cfg.max_epochs is -1"},
                      Refused{"IntervalOfZero",
                              Epochs("max_epochs: 1 val_interval: 0"),
                              "at least 1"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(EpochBasedTrainLoop, NeedsABatch) {
  Points points;
  const absl::Status status =
      TrainRecorded(WithLoader("no_batch",
                               [](DataLoaderConfig* loader) {
                                 loader->set_batch_size(7);
                                 loader->set_drop_last(true);
                               }),
                    &points);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("gives no batch"));
}

TEST(EpochBasedTrainLoop, NeedsALoaderThatEnds) {
  Points points;
  const absl::Status status = TrainRecorded(
      WithLoader("endless",
                 [](DataLoaderConfig* loader) {
                   loader->mutable_sampler()->set_type_url(
                       "type.googleapis.com/anneal.InfiniteSamplerConfig");
                   loader->mutable_sampler()->clear_value();
                 }),
      &points);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("DefaultSampler"));
}

}  // namespace
}  // namespace anneal
