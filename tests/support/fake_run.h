// A run without a training, for tests of hooks.
#ifndef ANNEAL_TESTS_SUPPORT_FAKE_RUN_H_
#define ANNEAL_TESTS_SUPPORT_FAKE_RUN_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "dist/communicator.h"
#include "hooks/hook.h"
#include "hooks/run.h"
#include "logging/message_hub.h"
#include "utils/value.h"
#include "visualization/visualizer.h"

namespace anneal {

// The test moves the clock and the lengths, the fake records what hooks ask
// for. A checkpoint that it saves is a text file and what the message hub then
// held, from which another fake can be resumed.
class FakeRun : public Run {
 public:
  // `work_dir` is made here.
  explicit FakeRun(std::string work_dir);
  ~FakeRun() override;

  struct Saved {
    SaveOptions options;
    // The message hub's state.
    Value message_hub;
  };
  // Of each call of LogAfterIter and LogAfterEpoch.
  struct Logged {
    int64_t batch_idx;
    Mode mode;
  };

  // What the hooks are told.
  int64_t now_epoch = 0;
  int64_t now_iter = 0;
  int64_t last_epoch = 0;
  int64_t last_iter = 0;
  int64_t batches[3] = {0, 0, 0};  // by Mode
  bool resumed = false;
  DataLoader* loader = nullptr;  // of every mode
  // What LogAfterIter and LogAfterEpoch return.
  LogRecord log_record;
  // What SaveCheckpoint returns; where not OK it writes nothing.
  absl::Status save_status;
  // Dies where a hook wants a strategy and there is none.
  std::unique_ptr<Strategy> fake_strategy;
  // Default: rank 0 of 1.
  std::unique_ptr<dist::Communicator> fake_communicator;
  // Default: one that writes nowhere.
  std::unique_ptr<Visualizer> fake_visualizer;

  // What the hooks did.
  std::vector<Saved> saved;
  std::vector<Logged> logged_iters;
  std::vector<Logged> logged_epochs;
  std::vector<int64_t> data_epochs;
  std::vector<std::string> stop_reasons;

  // The last save to work_dir()/`file`. Dies if there was none.
  const Saved& Find(const std::string& file) const;
  // The files of work_dir(), sorted, without its subfolders.
  std::vector<std::string> Files() const;

  // Run:
  int64_t epoch() const override { return now_epoch; }
  int64_t iter() const override { return now_iter; }
  int64_t max_epochs() const override { return last_epoch; }
  int64_t max_iters() const override { return last_iter; }
  int64_t num_batches(Mode mode) const override {
    return batches[static_cast<int>(mode)];
  }
  DataLoader* data_loader(Mode) override { return loader; }
  Strategy& strategy() override;
  std::vector<std::unique_ptr<ParamScheduler>>& param_schedulers() override {
    return param_schedulers_;
  }
  MessageHub& message_hub() override { return message_hub_; }
  Visualizer& visualizer() override { return *fake_visualizer; }
  dist::Communicator& communicator() override { return *fake_communicator; }
  const std::string& work_dir() const override { return work_dir_; }
  const std::string& log_dir() const override { return work_dir_; }
  const std::string& experiment_name() const override {
    return experiment_name_;
  }
  const std::string& timestamp() const override { return timestamp_; }
  int64_t seed() const override { return 42; }
  bool is_resumed() const override { return resumed; }
  absl::StatusOr<LogRecord> LogAfterIter(int64_t batch_idx, Mode mode) override;
  LogRecord LogAfterEpoch(int64_t num_batches, Mode mode) override;
  absl::Status SaveCheckpoint(const SaveOptions& options) override;
  void set_data_epoch(int64_t epoch) override { data_epochs.push_back(epoch); }
  void RequestStop(absl::string_view why) override {
    stop_reasons.emplace_back(why);
  }

 private:
  std::string work_dir_;
  std::string experiment_name_ = "lenet_20261124_120000";
  std::string timestamp_ = "20261124_120000";
  MessageHub message_hub_;
  std::vector<std::unique_ptr<ParamScheduler>> param_schedulers_;
};

// The hook of that config, by its registry.
absl::StatusOr<std::unique_ptr<Hook>> BuildHook(
    const google::protobuf::Message& config);

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_FAKE_RUN_H_
