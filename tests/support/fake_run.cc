#include "tests/support/fake_run.h"

#include "absl/strings/str_cat.h"
#include "dist/single_process.h"
#include "fileio/file_client.h"
#include "logging/log.h"
#include "optim/param_scheduler.h"
#include "strategy/strategy.h"
#include "utils/path.h"
#include "utils/status_macros.h"
#include "visualization/visualizer.pb.h"

namespace anneal {

FakeRun::FakeRun(std::string work_dir) : work_dir_(std::move(work_dir)) {
  const absl::Status made = MkdirOrExist(work_dir_);
  ANNEAL_CHECK(made.ok()) << made.message();
  fake_communicator = dist::SingleProcess();
  fake_visualizer = *Visualizer::Create(VisualizerConfig(), "");
}

FakeRun::~FakeRun() = default;

Strategy& FakeRun::strategy() {
  ANNEAL_CHECK(fake_strategy != nullptr) << "this test gave no strategy";
  return *fake_strategy;
}

const FakeRun::Saved& FakeRun::Find(const std::string& file) const {
  for (auto it = saved.rbegin(); it != saved.rend(); ++it) {
    if (it->options.path == absl::StrCat(work_dir_, "/", file)) return *it;
  }
  ANNEAL_LOG(FATAL) << file << " was not saved";
}

std::vector<std::string> FakeRun::Files() const {
  ListOptions files_only;
  files_only.list_dir = false;
  return *fileio::ListDirOrFile(work_dir_, files_only);
}

absl::StatusOr<LogRecord> FakeRun::LogAfterIter(int64_t batch_idx, Mode mode) {
  logged_iters.push_back({batch_idx, mode});
  return log_record;
}

LogRecord FakeRun::LogAfterEpoch(int64_t num_batches, Mode mode) {
  logged_epochs.push_back({num_batches, mode});
  return log_record;
}

absl::Status FakeRun::SaveCheckpoint(const SaveOptions& options) {
  RETURN_IF_ERROR(save_status);
  saved.push_back({options, message_hub_.state_dict()});
  return fileio::PutText("a checkpoint", options.path);
}

absl::StatusOr<std::unique_ptr<Hook>> BuildHook(
    const google::protobuf::Message& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<Hook>::Get().Build(any);
}

}  // namespace anneal
