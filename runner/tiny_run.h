// A run small enough for a unit test.
#ifndef ANNEAL_RUNNER_TINY_RUN_H_
#define ANNEAL_RUNNER_TINY_RUN_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/runner.pb.h"
#include "hooks/hook.h"
#include "runner/runner.h"
#include "utils/value.h"

namespace anneal {

// A config of an MLP of 4 inputs and 3 classes with the work directory
// <TEST_TMPDIR>/`name`: SGD with momentum over 6 random samples, shuffled, in
// batches of 3; validation on 4 in one batch; test on 4 in batches of 2; seed
// 0. `text` (text format) is merged into it; without a train_cfg there it is
// one epoch.
RunnerConfig TinyConfig(const std::string& name, const std::string& text);
// `text` as train_cfg: Epochs("max_epochs: 2"), Iters("max_iters: 5").
std::string Epochs(const std::string& text);
std::string Iters(const std::string& text);

// The run of `config`. Dies where it can't be built.
std::unique_ptr<Runner> TinyRun(const RunnerConfig& config,
                                RunnerOptions options = {});

// Notes each point that is reached as "after_train_iter 1 at 0:3": batch_idx,
// epoch and iter. `also` is called behind it with that text.
class PointRecorder : public Hook {
 public:
  using Also = std::function<void(Run&, const std::string&)>;
  explicit PointRecorder(std::vector<std::string>* points, Also also = nullptr)
      : points_(points), also_(std::move(also)) {}

  absl::Status BeforeRun(Run& run) override;
  absl::Status BeforeTrain(Run& run) override;
  absl::Status BeforeTrainEpoch(Run& run) override;
  absl::Status BeforeTrainIter(Run& run, int64_t idx, const Batch&) override;
  absl::Status AfterTrainIter(Run& run, int64_t idx, const Batch&,
                              const LogVars&) override;
  absl::Status AfterTrainEpoch(Run& run) override;
  absl::Status BeforeVal(Run& run) override;
  absl::Status BeforeValEpoch(Run& run) override;
  absl::Status BeforeValIter(Run& run, int64_t idx, const Batch&) override;
  absl::Status AfterValIter(Run& run, int64_t idx, const Batch&,
                            const Batch&) override;
  absl::Status AfterValEpoch(Run& run, const MetricValues&) override;
  absl::Status AfterVal(Run& run) override;
  absl::Status AfterTrain(Run& run) override;
  absl::Status BeforeTest(Run& run) override;
  absl::Status BeforeTestEpoch(Run& run) override;
  absl::Status BeforeTestIter(Run& run, int64_t idx, const Batch&) override;
  absl::Status AfterTestIter(Run& run, int64_t idx, const Batch&,
                             const Batch&) override;
  absl::Status AfterTestEpoch(Run& run, const MetricValues&) override;
  absl::Status AfterTest(Run& run) override;
  absl::Status AfterRun(Run& run) override;

 private:
  absl::Status Note(Run& run, const char* point, int64_t batch_idx = -1);

  std::vector<std::string>* points_;
  Also also_;
};

// Trains `config` with a recorder; what the run returned.
absl::Status TrainRecorded(const RunnerConfig& config,
                           std::vector<std::string>* points,
                           PointRecorder::Also also = nullptr,
                           RunnerOptions options = {});

// Section `name` of loop_golden.txt.
std::vector<std::string> GoldenPoints(const std::string& name);

// The RunState of the checkpoint `path`. Dies where `path` can't be read.
Dict StateOf(const std::string& path);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_TINY_RUN_H_
