// IterTimerHook: how long iterations and their data take, and what is left.

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "hooks/hook.h"
#include "hooks/iter_timer_hook.pb.h"
#include "logging/message_hub.h"
#include "utils/timer.h"

namespace anneal {
namespace {

// Records "<mode>/data_time" and "<mode>/time" in seconds, and the info "eta":
// the mean time so far times the iterations left.
class IterTimerHook : public Hook {
 public:
  using Config = IterTimerHookConfig;
  static absl::StatusOr<std::unique_ptr<IterTimerHook>> Create(const Config&) {
    return std::make_unique<IterTimerHook>();
  }

  absl::Status BeforeTrain(Run& run) override {
    start_iter_ = run.iter();
    timers_[static_cast<int>(Mode::kTrain)].total = absl::ZeroDuration();
    return absl::OkStatus();
  }

  absl::Status BeforeEpoch(Run& run, Mode mode) override {
    Timers& timers = timers_[static_cast<int>(mode)];
    MessageHub& hub = run.message_hub();
    timers.data_time = hub.scalar(absl::StrCat(ModeName(mode), "/data_time"));
    if (mode != Mode::kTrain) timers.total = absl::ZeroDuration();
    last_ = Timer::SteadyTime();
    return absl::OkStatus();
  }

  absl::Status BeforeIter(Run&, Mode mode, int64_t) override {
    timers_[static_cast<int>(mode)].data_time->Update(
        absl::ToDoubleSeconds(Timer::SteadyTime() - last_));
    return absl::OkStatus();
  }

  absl::Status AfterIter(Run& run, Mode mode, int64_t batch_idx) override {
    Timers& timers = timers_[static_cast<int>(mode)];
    const absl::Duration now = Timer::SteadyTime();
    if (timers.time == nullptr) {
      // Made now, behind the step's own scalars: records keep this order.
      timers.time =
          run.message_hub().scalar(absl::StrCat(ModeName(mode), "/time"));
    }
    timers.time->Update(absl::ToDoubleSeconds(now - last_));
    timers.total += now - last_;
    last_ = now;
    const bool training = mode == Mode::kTrain;
    const int64_t done =
        training ? run.iter() - start_iter_ + 1 : batch_idx + 1;
    const int64_t left = training ? run.max_iters() - run.iter() - 1
                                  : run.num_batches(mode) - batch_idx - 1;
    run.message_hub().UpdateInfo(
        "eta", absl::ToDoubleSeconds(timers.total) / done * left);
    return absl::OkStatus();
  }

 private:
  struct Timers {
    HistoryBuffer* data_time = nullptr;
    HistoryBuffer* time = nullptr;
    absl::Duration total;
  };

  int64_t start_iter_ = 0;
  absl::Duration last_;  // by Timer's clock
  Timers timers_[3];     // by Mode
};

ANNEAL_REGISTER(Hook, IterTimerHook);

}  // namespace
}  // namespace anneal
