// What a log line says.
#ifndef ANNEAL_RUNNER_LOG_PROCESSOR_H_
#define ANNEAL_RUNNER_LOG_PROCESSOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "hooks/run.h"
#include "registry/registry.h"
#include "runner/log_processor.pb.h"

namespace anneal {

// Formats the message hub's scalars as mmengine's LogProcessor does, character
// for character:
//
//   Epoch(train) [1][50/133]  lr: 2.0000e-02  eta: 0:00:21  time: 0.0041
//   data_time: 0.0003  loss: 0.5124        (one line)
class LogProcessor {
 public:
  using Config = LogProcessorConfig;

  // The most memory, in MiB, that tensors have held since it was last asked.
  using MaxMemory = std::function<int64_t()>;

  // InvalidArgument for a window below 1, an unknown method or window, a name
  // used twice, or a pattern that does not parse.
  static absl::StatusOr<std::unique_ptr<LogProcessor>> Create(
      const Config& config);

  // The line after batch `batch_idx` (from 0). `by_epoch`: what the train loop
  // counts, where the config does not say. A training's scalars are averaged
  // over the ranks, which all call it: fails as Communicator::AllGatherObject.
  absl::StatusOr<LogRecord> AfterIter(Run& run, int64_t batch_idx, Mode mode,
                                      bool by_epoch) const;
  // The line of a validation's or test's metrics.
  LogRecord AfterEpoch(Run& run, int64_t num_batches, Mode mode,
                       bool by_epoch) const;

  // Of the run's accelerator. Default: none, and no line tells of memory.
  void set_max_memory(MaxMemory max_memory) {
    max_memory_ = std::move(max_memory);
  }

 private:
  using Scalars = std::vector<std::pair<std::string, double>>;

  LogProcessor(const Config& config, std::regex mean_pattern)
      : config_(config), mean_pattern_(std::move(mean_pattern)) {}

  bool ByEpoch(bool loop_is_by_epoch) const;
  int64_t Window(const CustomLog& custom, const Run& run,
                 int64_t batch_idx) const;
  // The mode's scalars without their prefix, unless `keep_prefix`.
  Scalars Collect(Run& run, const std::vector<CustomLog>& customs,
                  int64_t batch_idx, Mode mode, bool keep_prefix) const;
  // Python's f"{value:.4f}" and f"{value:.4e}".
  std::string Fixed(double value) const;
  std::string Scientific(double value) const;

  Config config_;
  std::regex mean_pattern_;
  MaxMemory max_memory_;
};

ANNEAL_REGISTRY(LogProcessor, "log_processor");

}  // namespace anneal

#endif  // ANNEAL_RUNNER_LOG_PROCESSOR_H_
