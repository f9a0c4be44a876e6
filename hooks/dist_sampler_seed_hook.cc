// DistSamplerSeedHook: a new order of samples every epoch.

#include "hooks/dist_sampler_seed_hook.pb.h"
#include "hooks/hook.h"

namespace anneal {
namespace {

// Tells the train loader the epoch that starts, so that its sampler shuffles
// anew, the same way on every rank.
class DistSamplerSeedHook : public Hook {
 public:
  using Config = DistSamplerSeedHookConfig;
  static absl::StatusOr<std::unique_ptr<DistSamplerSeedHook>> Create(
      const Config&) {
    return std::make_unique<DistSamplerSeedHook>();
  }

  absl::Status BeforeTrainEpoch(Run& run) override {
    run.set_data_epoch(run.epoch());
    return absl::OkStatus();
  }
};

ANNEAL_REGISTER(Hook, DistSamplerSeedHook);

}  // namespace
}  // namespace anneal
