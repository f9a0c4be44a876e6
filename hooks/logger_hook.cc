// LoggerHook: the lines of the log and the records of trackers.

#include "absl/strings/str_cat.h"
#include "fileio/file_client.h"
#include "fileio/json/json.h"
#include "hooks/hook.h"
#include "hooks/logger_hook.pb.h"
#include "logging/log.h"
#include "utils/status_macros.h"
#include "visualization/visualizer.h"

namespace anneal {
namespace {

// Logs a line every `interval` iterations and after each validation and test,
// and hands the same numbers to the visualizer. A test's metrics are also
// written to <log_dir>/<timestamp>.json.
class LoggerHook : public Hook {
 public:
  using Config = LoggerHookConfig;
  static absl::StatusOr<std::unique_ptr<LoggerHook>> Create(
      const Config& config) {
    if (config.interval() <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("LoggerHook.interval is ", config.interval(),
                       "; it must be at least 1"));
    }
    if (config.interval_exp_name() <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("LoggerHook.interval_exp_name is ",
                       config.interval_exp_name(), "; it must be at least 1"));
    }
    return std::make_unique<LoggerHook>(config);
  }

  explicit LoggerHook(const Config& config) : config_(config) {}

  int priority() const override { return kBelowNormal; }

  absl::Status AfterTrainIter(Run& run, int64_t batch_idx, const Batch&,
                              const LogVars&) override {
    const int64_t num_batches = run.num_batches(Mode::kTrain);
    const bool ends_epoch = batch_idx + 1 == num_batches;
    if (EveryN(run.iter() + 1, config_.interval_exp_name()) || ends_epoch) {
      ANNEAL_LOG(INFO) << "Exp name: " << run.experiment_name();
    }
    const bool is_last_due = ends_epoch && (!config_.ignore_last() ||
                                            num_batches <= config_.interval());
    if (!EveryN(batch_idx + 1, config_.interval()) && !is_last_due) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const LogRecord record,
                     run.LogAfterIter(batch_idx, Mode::kTrain));
    ANNEAL_LOG(INFO) << record.line;
    run.visualizer().AddScalars(record.scalars, run.iter() + 1);
    return absl::OkStatus();
  }

  absl::Status AfterValIter(Run& run, int64_t batch_idx, const Batch&,
                            const Batch&) override {
    return AfterEvaluationIter(run, batch_idx, Mode::kVal);
  }
  absl::Status AfterTestIter(Run& run, int64_t batch_idx, const Batch&,
                             const Batch&) override {
    return AfterEvaluationIter(run, batch_idx, Mode::kTest);
  }

  absl::Status AfterValEpoch(Run& run, const MetricValues&) override {
    const LogRecord record =
        run.LogAfterEpoch(run.num_batches(Mode::kVal), Mode::kVal);
    ANNEAL_LOG(INFO) << record.line;
    run.visualizer().AddScalars(record.scalars, config_.log_metric_by_epoch()
                                                    ? run.epoch()
                                                    : run.iter());
    return absl::OkStatus();
  }

  absl::Status AfterTestEpoch(Run& run, const MetricValues&) override {
    const LogRecord record =
        run.LogAfterEpoch(run.num_batches(Mode::kTest), Mode::kTest);
    ANNEAL_LOG(INFO) << record.line;
    if (!run.communicator().is_main_rank()) return absl::OkStatus();
    Dict metrics;
    for (const auto& [name, value] : record.scalars) metrics[name] = value;
    return fileio::PutText(
        ToJson(metrics),
        absl::StrCat(run.log_dir(), "/", run.timestamp(), ".json"));
  }

  absl::Status AfterRun(Run& run) override {
    run.visualizer().Flush();
    return absl::OkStatus();
  }

 private:
  absl::Status AfterEvaluationIter(Run& run, int64_t batch_idx, Mode mode) {
    if (EveryN(batch_idx + 1, config_.interval())) {
      ASSIGN_OR_RETURN(const LogRecord record,
                       run.LogAfterIter(batch_idx, mode));
      ANNEAL_LOG(INFO) << record.line;
    }
    return absl::OkStatus();
  }

  Config config_;
};

ANNEAL_REGISTER(Hook, LoggerHook);

}  // namespace
}  // namespace anneal
