// ParamSchedulerHook: steps the parameter schedulers.

#include <map>
#include <string>

#include "hooks/hook.h"
#include "hooks/param_scheduler_hook.pb.h"
#include "optim/param_scheduler.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Steps schedulers by iteration after each iteration and those by epoch after
// each epoch; schedulers that look at metrics after each validation.
class ParamSchedulerHook : public Hook {
 public:
  using Config = ParamSchedulerHookConfig;
  static absl::StatusOr<std::unique_ptr<ParamSchedulerHook>> Create(
      const Config&) {
    return std::make_unique<ParamSchedulerHook>();
  }

  int priority() const override { return kLow; }

  absl::Status AfterTrainIter(Run& run, int64_t, const Batch&,
                              const LogVars&) override {
    for (auto& scheduler : run.param_schedulers()) {
      if (!scheduler->by_epoch()) RETURN_IF_ERROR(scheduler->Step());
    }
    return absl::OkStatus();
  }

  absl::Status AfterTrainEpoch(Run& run) override {
    for (auto& scheduler : run.param_schedulers()) {
      if (scheduler->by_epoch()) RETURN_IF_ERROR(scheduler->Step());
    }
    return absl::OkStatus();
  }

  absl::Status AfterValEpoch(Run& run, const MetricValues& metrics) override {
    const std::map<std::string, double> by_name(metrics.begin(), metrics.end());
    for (auto& scheduler : run.param_schedulers()) {
      if (scheduler->by_epoch() && scheduler->need_val_args()) {
        RETURN_IF_ERROR(scheduler->Step(&by_name));
      }
    }
    return absl::OkStatus();
  }
};

ANNEAL_REGISTER(Hook, ParamSchedulerHook);

}  // namespace
}  // namespace anneal
