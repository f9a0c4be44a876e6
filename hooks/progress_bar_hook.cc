// ProgressBarHook: how far training is, on the terminal's last line.

#include <unistd.h>

#include <memory>
#include <mutex>

#include "hooks/hook.h"
#include "hooks/progress_bar_hook.pb.h"
#include "logging/logger.h"
#include "utils/progress_bar.h"

namespace anneal {
namespace {

// Draws only where both the log and the bar go to a terminal; the log's lines
// scroll above it.
class ProgressBarHook : public Hook, public LineObserver {
 public:
  using Config = ProgressBarHookConfig;
  static absl::StatusOr<std::unique_ptr<ProgressBarHook>> Create(
      const Config&) {
    return std::make_unique<ProgressBarHook>();
  }
  // A training that failed.
  ~ProgressBarHook() override { Stop(); }

  int priority() const override { return kLowest; }

  absl::Status BeforeTrain(Run& run) override {
    if (!Logger::IsTerminal() || !isatty(STDERR_FILENO)) {
      return absl::OkStatus();
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      bar_ = std::make_unique<ProgressBar>(run.max_iters());
    }
    Logger::SetLineObserver(this);
    return absl::OkStatus();
  }

  absl::Status AfterTrainIter(Run& run, int64_t, const Batch&,
                              const LogVars&) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (bar_) bar_->Update(run.iter() + 1);
    return absl::OkStatus();
  }

  absl::Status AfterTrain(Run&) override {
    Stop();
    return absl::OkStatus();
  }

  // Any thread may log: the bar is not drawn into its line.
  void BeforeLine() override {
    mutex_.lock();
    bar_->Clear();
  }
  void AfterLine() override {
    bar_->Redraw();
    mutex_.unlock();
  }

 private:
  void Stop() {
    if (!bar_) return;
    // Without the lock: a line that is being logged takes the logger's first.
    Logger::SetLineObserver(nullptr);
    const std::lock_guard<std::mutex> lock(mutex_);
    bar_->Clear();
    bar_.reset();
  }

  // Guards the bar, which the training thread alone makes and deletes.
  std::mutex mutex_;
  std::unique_ptr<ProgressBar> bar_;
};

ANNEAL_REGISTER(Hook, ProgressBarHook);

}  // namespace
}  // namespace anneal
