// What every TrainLoop does, within a run.
#include "runner/loop.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "config/struct_component.pb.h"
#include "dataset/data_loader.pb.h"
#include "dataset/tensor_dataset.pb.h"
#include "fileio/file_client.h"
#include "fileio/pth/pth.h"
#include "model/base_model.h"
#include "optim/optim_wrapper.pb.h"
#include "registry/registry.h"
#include "runner/tiny_run.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using Points = std::vector<std::string>;

// The signal that a test "sends".
const char* stop_reason = nullptr;
const char* ExternalStop() { return stop_reason; }

// Trains with `send` called at each point; a stop from outside is polled.
absl::Status TrainUntil(const RunnerConfig& config, const std::string& at,
                        Points* points) {
  stop_reason = nullptr;
  RunnerOptions options;
  options.external_stop = &ExternalStop;
  return TrainRecorded(
      config, points,
      [at](anneal::Run&, const std::string& point) {
        if (point == at) stop_reason = "SIGTERM";
      },
      options);
}

TEST(TrainLoop, AStopFromOutsideIsCancelledAndSaysHowToGoOn) {
  const RunnerConfig config = TinyConfig("outside", Epochs("max_epochs: 3"));
  Points points;

  const absl::Status status =
      TrainUntil(config, "before_train_iter 0 at 1:2", &points);

  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(status.message(),
            "stopped by SIGTERM after iteration 3 of 6; saved " +
                config.work_dir() +
                "/iter_3.pth. The same command with --resume goes on from "
                "there.");
  EXPECT_EQ(points.back(), "after_run at 1:3");
}

TEST(TrainLoop, AHooksStopEndsWellAndIsSaved) {
  const RunnerConfig config = TinyConfig("hook", Epochs("max_epochs: 3"));
  Points points;

  const absl::Status status = TrainRecorded(
      config, &points, [](anneal::Run& run, const std::string& point) {
        if (point == "after_train_iter 0 at 1:2") {
          run.RequestStop("the first reason");
          run.RequestStop("the second");
        }
      });

  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(LoadPth(config.work_dir() + "/iter_3.pth").ok());
}

RunnerConfig Accumulating(const std::string& name) {
  RunnerConfig config = TinyConfig(name, Epochs("max_epochs: 3"));
  OptimWrapperConfig wrapper;
  config.optim_wrapper().UnpackTo(&wrapper);
  wrapper.set_accumulative_counts(2);
  config.mutable_optim_wrapper()->PackFrom(wrapper);
  return config;
}

TEST(TrainLoop, AStopFromOutsideDoesNotWaitForTheOptimizersStep) {
  Points points;

  const absl::Status status = TrainUntil(Accumulating("accumulating"),
                                         "before_train_iter 0 at 1:2", &points);

  EXPECT_THAT(std::string(status.message()),
              HasSubstr("after iteration 3 of 6"));
}

TEST(TrainLoop, AccumulationResumesBitForBitInsideAWindow) {
  RunnerConfig config = Accumulating("stopped");
  Points points;
  ASSERT_EQ(TrainUntil(config, "before_train_iter 0 at 1:2", &points).code(),
            absl::StatusCode::kCancelled);
  config.set_resume(true);
  points.clear();
  ASSERT_TRUE(TrainRecorded(config, &points).ok());
  const RunnerConfig whole = Accumulating("whole");
  Points whole_points;
  ASSERT_TRUE(TrainRecorded(whole, &whole_points).ok());

  EXPECT_THAT(points, Contains("before_train_iter 1 at 1:3"));
  EXPECT_TRUE(BitIdentical(StateOf(config.work_dir() + "/epoch_3.pth"),
                           StateOf(whole.work_dir() + "/epoch_3.pth")));
}

// The loader's batches hold `size` samples.
RunnerConfig WithBatchSize(RunnerConfig config, int size) {
  DataLoaderConfig loader;
  config.train_dataloader().UnpackTo(&loader);
  loader.set_batch_size(size);
  config.mutable_train_dataloader()->PackFrom(loader);
  return config;
}

// Notes the labels and inputs that are trained on.
class SampleRecorder : public Hook {
 public:
  explicit SampleRecorder(std::vector<float>* samples) : samples_(samples) {}
  absl::Status BeforeTrainIter(anneal::Run&, int64_t,
                               const Batch& batch) override {
    // The first input tells the samples apart.
    const at::Tensor inputs = batch.tensor("inputs");
    for (int64_t i = 0; i < inputs.size(0); ++i) {
      samples_->push_back(inputs[i][0].item<float>());
    }
    return absl::OkStatus();
  }

 private:
  std::vector<float>* samples_;
};

std::vector<float> SamplesOf(const RunnerConfig& config, bool stops) {
  std::vector<float> samples;
  const auto run = TinyRun(config);
  run->AddHook(std::make_unique<SampleRecorder>(&samples));
  Points points;
  run->AddHook(std::make_unique<PointRecorder>(
      &points, [stops](anneal::Run& run, const std::string& point) {
        if (stops && absl::StartsWith(point, "after_train_iter 0 "))
          run.RequestStop("the test");
      }));
  const absl::Status status = run->Train();
  EXPECT_TRUE(status.ok()) << status;
  return samples;
}

// By the size of the batches before and after the stop; an epoch has 6 samples.
class TrainLoopWithOtherBatches
    : public ::testing::TestWithParam<std::tuple<bool, int, int>> {};

TEST_P(TrainLoopWithOtherBatches, NeitherRepeatsNorSkipsSamples) {
  const auto [by_epoch, before, after] = GetParam();
  const std::string name =
      absl::StrCat("batches_", by_epoch, "_", before, "_", after);
  const std::string cfg =
      by_epoch ? Epochs("max_epochs: 1")
               : Iters(absl::StrCat("val_interval: 100 max_iters: ",
                                    1 + (6 - before + after - 1) / after));
  const std::vector<float> whole = SamplesOf(
      WithBatchSize(TinyConfig(name + "_whole", Epochs("max_epochs: 1")), 1),
      false);
  RunnerConfig config = TinyConfig(name, cfg);
  std::vector<float> samples = SamplesOf(WithBatchSize(config, before), true);
  ASSERT_EQ(samples.size(), before);
  config.set_resume(true);

  for (const float sample : SamplesOf(WithBatchSize(config, after), false)) {
    samples.push_back(sample);
  }

  EXPECT_EQ(samples, whole);
}

INSTANTIATE_TEST_SUITE_P(Sizes, TrainLoopWithOtherBatches,
                         ::testing::Combine(::testing::Bool(),
                                            ::testing::Values(1, 2, 4),
                                            ::testing::Values(1, 3, 4)));

TEST(TrainLoop, CountsOnWhereBatchesHaveAnotherSize) {
  // Stopped after one of two batches of 3.
  RunnerConfig config = TinyConfig("counts_on", Epochs("max_epochs: 2"));
  SamplesOf(WithBatchSize(config, 3), true);
  config.set_resume(true);

  const auto run = TinyRun(WithBatchSize(config, 1));
  ASSERT_TRUE(run->Train().ok());

  // Three are left of the first epoch and six are in the second.
  EXPECT_EQ(run->iter(), 10);
  EXPECT_EQ(run->max_iters(), 10);
  const auto log =
      fileio::GetText(run->log_dir() + "/" + run->timestamp() + ".log");
  EXPECT_THAT(*log, HasSubstr("an iteration took 3 samples when the "
                              "checkpoint was saved and takes 1 now"));
}

// A config whose inputs are all `value`.
RunnerConfig WithInputs(const std::string& name, double value) {
  const std::string path = ::testing::TempDir() + name + ".pth";
  const absl::Status saved =
      SavePth(Dict{{"inputs", at::full({6, 4}, value, at::kFloat)},
                   {"labels", at::zeros({6}, at::kLong)}},
              path);
  EXPECT_TRUE(saved.ok()) << saved;
  TensorDatasetConfig dataset;
  dataset.set_path(path);
  RunnerConfig config = TinyConfig(name, Epochs("max_epochs: 2"));
  DataLoaderConfig loader;
  config.train_dataloader().UnpackTo(&loader);
  loader.mutable_dataset()->PackFrom(dataset);
  config.mutable_train_dataloader()->PackFrom(loader);
  return config;
}

TEST(TrainLoop, ALossThatIsNotFiniteNamesTheIterationAndTheData) {
  Points points;

  const absl::Status status = TrainRecorded(
      WithInputs("nan_data", std::numeric_limits<double>::quiet_NaN()),
      &points);

  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("not finite at iteration 1 (epoch 1, batch 1)"),
                    HasSubstr("loss = nan"),
                    HasSubstr("stands in the batch's inputs: check the data")));
  EXPECT_EQ(points.back(), "before_train_iter 0 at 0:0");
}

// Has a "loss" that is finite, unlike the sum that is minimised.
class HalfNan : public BaseModel {
 public:
  using Config = google::protobuf::Struct;
  static absl::StatusOr<std::unique_ptr<HalfNan>> Create(const Config&) {
    return std::make_unique<HalfNan>();
  }
  HalfNan() : weight_(register_parameter("weight", at::zeros({1}))) {}
  LogVars Loss(const Batch&) override {
    return {{"loss", weight_.sum()},
            {"aux_loss", weight_ + std::numeric_limits<float>::quiet_NaN()}};
  }
  Batch Predict(const Batch&) override { return Batch(); }

 private:
  at::Tensor weight_;
};

ANNEAL_REGISTER(BaseModel, HalfNan);

TEST(TrainLoop, EachLossThatIsMinimisedMustBeFinite) {
  RunnerConfig config = TinyConfig("half_nan", Epochs("max_epochs: 1"));
  StructComponent model;
  model.set_type("HalfNan");
  config.mutable_model()->PackFrom(model);
  Points points;

  const absl::Status status = TrainRecorded(config, &points);

  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("not finite at iteration 1"),
                    HasSubstr("loss = 0, aux_loss = nan")));
}

TEST(TrainLoop, WhatLibTorchThrowsIsAStatus) {
  RunnerConfig config = TinyConfig("throws", Epochs("max_epochs: 1"));
  DataLoaderConfig loader;
  config.train_dataloader().UnpackTo(&loader);
  TensorDatasetConfig dataset;
  loader.dataset().UnpackTo(&dataset);
  (*dataset.mutable_keys())["labels"] = "inputs";
  (*dataset.mutable_keys())["inputs"] = "labels";
  loader.mutable_dataset()->PackFrom(dataset);
  config.mutable_train_dataloader()->PackFrom(loader);
  Points points;

  const absl::Status status = TrainRecorded(config, &points);

  EXPECT_FALSE(status.ok());
  EXPECT_EQ(points.back(), "before_train_iter 0 at 0:0");
}

}  // namespace
}  // namespace anneal
