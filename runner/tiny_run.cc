#include "runner/tiny_run.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "fileio/pth/pth.h"
#include "logging/log.h"
#include "tests/support/run_state.h"

namespace anneal {
namespace {

// The samples that all tiny runs read.
std::string DataPath() {
  static const std::string* path = [] {
    auto* text = new std::string(::testing::TempDir() + "samples.pth");
    const at::Tensor inputs =
        at::sin(at::arange(14 * 4, at::kFloat) * 1.7).reshape({14, 4});
    const at::Tensor labels = at::arange(14, at::kLong) % 3;
    const absl::Status status =
        SavePth(Dict{{"inputs", inputs}, {"labels", labels}}, *text);
    ANNEAL_CHECK(status.ok()) << status.message();
    return text;
  }();
  return *path;
}

std::string Loader(int batch_size, bool shuffle, int begin, int end) {
  return absl::Substitute(
      R"([type.googleapis.com/anneal.DataLoaderConfig] {
           batch_size: $0
           dataset { [type.googleapis.com/anneal.TensorDatasetConfig] {
             path: "$1" begin: $2 end: $3 } }
           sampler { [type.googleapis.com/anneal.DefaultSamplerConfig] {
             shuffle: $4 } }
           collate_fn { [type.googleapis.com/anneal.default_collateConfig] {} }
         })",
      batch_size, DataPath(), begin, end, shuffle ? "true" : "false");
}

}  // namespace

std::string Epochs(const std::string& text) {
  return absl::StrCat(
      "train_cfg { [type.googleapis.com/anneal.EpochBasedTrainLoopConfig] {",
      text, "} } ");
}
std::string Iters(const std::string& text) {
  return absl::StrCat(
      "train_cfg { [type.googleapis.com/anneal.IterBasedTrainLoopConfig] {",
      text, "} } ");
}

RunnerConfig TinyConfig(const std::string& name, const std::string& text) {
  const std::string base = absl::Substitute(
      R"(model { [type.googleapis.com/anneal.MLPConfig] {
           widths: [4, 5, 3]
           loss { [type.googleapis.com/anneal.CrossEntropyLossConfig] {} } } }
         train_dataloader { $0 }
         val_dataloader { $1 }
         test_dataloader { $2 }
         optim_wrapper { [type.googleapis.com/anneal.OptimWrapperConfig] {
           optimizer { [type.googleapis.com/anneal.SGDConfig] {
             lr: 0.1 momentum: 0.9 } } } }
         val_evaluator { [type.googleapis.com/anneal.AccuracyConfig] {} }
         test_evaluator { [type.googleapis.com/anneal.AccuracyConfig] {} }
         work_dir: "$3"
         randomness { seed: 0 })",
      Loader(3, true, 0, 6), Loader(4, false, 6, 10), Loader(2, false, 10, 14),
      absl::StrCat(::testing::TempDir(), name));
  RunnerConfig config;
  RunnerConfig more;
  ANNEAL_CHECK(google::protobuf::TextFormat::ParseFromString(base, &config));
  ANNEAL_CHECK(google::protobuf::TextFormat::ParseFromString(text, &more))
      << text;
  config.MergeFrom(more);
  if (!config.has_train_cfg()) {
    ANNEAL_CHECK(google::protobuf::TextFormat::MergeFromString(
        Epochs("max_epochs: 1"), &config));
  }
  return config;
}

std::unique_ptr<Runner> TinyRun(const RunnerConfig& config,
                                RunnerOptions options) {
  auto runner = Runner::Create(config, std::move(options));
  ANNEAL_CHECK(runner.ok()) << runner.status().message();
  return *std::move(runner);
}

absl::Status PointRecorder::Note(Run& run, const char* point,
                                 int64_t batch_idx) {
  std::string text = point;
  if (batch_idx >= 0) absl::StrAppend(&text, " ", batch_idx);
  absl::StrAppend(&text, " at ", run.epoch(), ":", run.iter());
  points_->push_back(text);
  if (also_) also_(run, text);
  return absl::OkStatus();
}

absl::Status PointRecorder::BeforeRun(Run& run) {
  return Note(run, "before_run");
}
absl::Status PointRecorder::BeforeTrain(Run& run) {
  return Note(run, "before_train");
}
absl::Status PointRecorder::BeforeTrainEpoch(Run& run) {
  return Note(run, "before_train_epoch");
}
absl::Status PointRecorder::BeforeTrainIter(Run& run, int64_t idx,
                                            const Batch&) {
  return Note(run, "before_train_iter", idx);
}
absl::Status PointRecorder::AfterTrainIter(Run& run, int64_t idx, const Batch&,
                                           const LogVars&) {
  return Note(run, "after_train_iter", idx);
}
absl::Status PointRecorder::AfterTrainEpoch(Run& run) {
  return Note(run, "after_train_epoch");
}
absl::Status PointRecorder::BeforeVal(Run& run) {
  return Note(run, "before_val");
}
absl::Status PointRecorder::BeforeValEpoch(Run& run) {
  return Note(run, "before_val_epoch");
}
absl::Status PointRecorder::BeforeValIter(Run& run, int64_t idx, const Batch&) {
  return Note(run, "before_val_iter", idx);
}
absl::Status PointRecorder::AfterValIter(Run& run, int64_t idx, const Batch&,
                                         const Batch&) {
  return Note(run, "after_val_iter", idx);
}
absl::Status PointRecorder::AfterValEpoch(Run& run, const MetricValues&) {
  return Note(run, "after_val_epoch");
}
absl::Status PointRecorder::AfterVal(Run& run) {
  return Note(run, "after_val");
}
absl::Status PointRecorder::AfterTrain(Run& run) {
  return Note(run, "after_train");
}
absl::Status PointRecorder::BeforeTest(Run& run) {
  return Note(run, "before_test");
}
absl::Status PointRecorder::BeforeTestEpoch(Run& run) {
  return Note(run, "before_test_epoch");
}
absl::Status PointRecorder::BeforeTestIter(Run& run, int64_t idx,
                                           const Batch&) {
  return Note(run, "before_test_iter", idx);
}
absl::Status PointRecorder::AfterTestIter(Run& run, int64_t idx, const Batch&,
                                          const Batch&) {
  return Note(run, "after_test_iter", idx);
}
absl::Status PointRecorder::AfterTestEpoch(Run& run, const MetricValues&) {
  return Note(run, "after_test_epoch");
}
absl::Status PointRecorder::AfterTest(Run& run) {
  return Note(run, "after_test");
}
absl::Status PointRecorder::AfterRun(Run& run) {
  return Note(run, "after_run");
}

absl::Status TrainRecorded(const RunnerConfig& config,
                           std::vector<std::string>* points,
                           PointRecorder::Also also, RunnerOptions options) {
  auto runner = Runner::Create(config, std::move(options));
  if (!runner.ok()) return runner.status();
  (*runner)->AddHook(std::make_unique<PointRecorder>(points, std::move(also)));
  return (*runner)->Train();
}

std::vector<std::string> GoldenPoints(const std::string& name) {
  std::ifstream file("runner/loop_golden.txt");
  std::vector<std::string> points;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '[') {
      is_inside = line == absl::StrCat("[", name, "]");
    } else if (is_inside) {
      points.push_back(line);
    }
  }
  ANNEAL_CHECK(!points.empty()) << "no golden section " << name;
  return points;
}

Dict StateOf(const std::string& path) {
  const absl::StatusOr<Value> value = LoadPth(path);
  ANNEAL_CHECK(value.ok()) << value.status().message();
  return RunState(*value->get_if<Dict>());
}

}  // namespace anneal
