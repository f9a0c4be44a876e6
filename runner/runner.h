// A run from its config to its end.
#ifndef ANNEAL_RUNNER_RUNNER_H_
#define ANNEAL_RUNNER_RUNNER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "config/runner.pb.h"
#include "dataset/data_loader.h"
#include "dist/communicator.h"
#include "evaluator/evaluator.h"
#include "hooks/hook_list.h"
#include "hooks/run.h"
#include "logging/message_hub.h"
#include "optim/param_scheduler.h"
#include "runner/checkpoint.h"
#include "runner/log_processor.h"
#include "runner/loop.h"
#include "runner/optimizer_schedulers.h"
#include "runner/run_folders.h"
#include "strategy/strategy.h"
#include "visualization/visualizer.h"

namespace anneal {

// What a run is given besides its config.
struct RunnerOptions {
  // Names the run's default work directory and experiment: the config file's
  // stem. Default: "run".
  std::string config_name;
  // The resolved config, for the log, the checkpoints and the trackers.
  ConfigText config_text;
  // Polled once an iteration; a reason ends training. Null: nothing does.
  const char* (*external_stop)() = nullptr;
  // Goes on from the newest intact checkpoint of the work directory. Where
  // there is none the run starts as its config says.
  bool auto_resume = false;
};

// Builds a run's parts from its config and drives them. One run at a time
// writes to a work directory. Several runs may live in one process, one after
// the other in use: the log is the process', and its file that of the run
// created last. What LibTorch or a component throws is a Status. Not
// thread-safe.
//
//   ASSIGN_OR_RETURN(auto runner, Runner::Create(config, {"lenet"}));
//   RETURN_IF_ERROR(runner->Train());
class Runner : public Run {
 public:
  // Builds everything that `config` names but the loops. InvalidArgument for
  // sections that don't belong together; else the part's own error. Makes the
  // work directory and starts the log.
  static absl::StatusOr<std::unique_ptr<Runner>> Create(
      const RunnerConfig& config, RunnerOptions options);
  ~Runner() override;

  // Trains to the end, or until a stop is requested: the run is then saved as
  // iter_<N>.pth beside its other checkpoints. That file is removed once the
  // run that is resumed from it has saved its next. A stop from outside makes
  // it return Cancelled, with the reason and how to go on. What went wrong is
  // logged, here and below.
  absl::Status Train();
  // Evaluates the weights there are, before or after Train(). Before it, those
  // of the checkpoint to go on from count. The metrics are in the message hub
  // and the log, a test's also in <log_dir>/<timestamp>.json.
  absl::Status Val();
  absl::Status Test();
  // The end of this rank's run, after the last of these: waits for the other
  // ranks, and gives the error where one of them fails meanwhile. The
  // destructor does it where it was not called and that one came to its end,
  // and only logs the error.
  absl::Status Finish();

  // Adds a hook built in code; before Train().
  template <typename T>
  void AddHook(std::unique_ptr<T> hook) {
    hooks_.Add(std::move(hook));
  }

  // Run:
  int64_t epoch() const override { return clock().epoch; }
  int64_t iter() const override { return clock().iter; }
  int64_t max_epochs() const override;
  int64_t max_iters() const override;
  int64_t num_batches(Mode mode) const override;
  DataLoader* data_loader(Mode mode) override;
  Strategy& strategy() override { return *strategy_; }
  std::vector<std::unique_ptr<ParamScheduler>>& param_schedulers() override {
    return param_schedulers_.all();
  }
  MessageHub& message_hub() override { return message_hub_; }
  Visualizer& visualizer() override { return *visualizer_; }
  dist::Communicator& communicator() override { return *communicator_; }
  const std::string& work_dir() const override { return folders_.work_dir; }
  const std::string& log_dir() const override { return folders_.log_dir; }
  const std::string& experiment_name() const override {
    return folders_.experiment_name;
  }
  const std::string& timestamp() const override { return folders_.timestamp; }
  int64_t seed() const override { return seed_; }
  bool is_resumed() const override {
    return is_resumed_ && train_loop_ != nullptr;
  }
  absl::StatusOr<LogRecord> LogAfterIter(int64_t batch_idx, Mode mode) override;
  LogRecord LogAfterEpoch(int64_t num_batches, Mode mode) override;
  absl::Status SaveCheckpoint(const SaveOptions& options) override;
  void set_data_epoch(int64_t epoch) override;
  void RequestStop(absl::string_view why) override;

 private:
  // What one of the three modes works with.
  struct ModeParts {
    std::unique_ptr<DataLoader> loader;
    // Of validation and test.
    std::unique_ptr<Evaluator> evaluator;
    std::unique_ptr<Loop> loop;
  };

  Runner(const RunnerConfig& config, RunnerOptions options);

  absl::Status End(const absl::Status& outcome);
  absl::Status StartLog();
  absl::Status FindCheckpoint();
  absl::Status SetUpEnvironment();
  absl::Status BuildParts();
  absl::Status BuildTraining();
  absl::Status BuildEvaluation(Mode mode);
  absl::StatusOr<LoopContext> BuildContext(Mode mode);
  absl::Status LoadOrResume();
  absl::Status TrainToEnd();
  absl::Status EvaluateAll(Mode mode);
  absl::Status SaveStopped();
  void RemoveStopped(const SaveOptions& saved);

  ModeParts& parts_of(Mode mode) { return modes_[static_cast<int>(mode)]; }
  CheckpointParts checkpoint_parts();
  // Zero where nothing is trained.
  TrainClock clock() const;
  bool is_by_epoch() const;

  RunnerConfig config_;
  RunnerOptions options_;
  std::unique_ptr<dist::Communicator> communicator_;
  RunFolders folders_;
  int64_t seed_ = 0;
  // Read at the start, loaded once the parts are built; where the run goes on
  // from it, kept until it has.
  absl::optional<LatestCheckpoint> checkpoint_;
  // Whether the whole run goes on from it, not only its weights.
  bool is_resumed_ = false;
  // Where checkpoints are, the last one saved, and the one of a stop that is to
  // be removed once there is another; empty for none.
  std::string checkpoint_folder_;
  std::string last_saved_;
  std::string stopped_at_;
  // Whether Create failed, or Train, Val or Test has come to an end.
  bool has_ended_ = false;
  MessageHub message_hub_;
  std::unique_ptr<Visualizer> visualizer_;
  std::unique_ptr<LogProcessor> log_processor_;
  std::unique_ptr<Strategy> strategy_;
  OptimizerSchedulers param_schedulers_;
  HookList hooks_;
  ModeParts modes_[3];
  std::unique_ptr<TrainLoop> train_loop_;
};

}  // namespace anneal

#endif  // ANNEAL_RUNNER_RUNNER_H_
