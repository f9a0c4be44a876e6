// SyncBuffersHook: one mean of the ranks' buffers.

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <utility>
#include <vector>

#include "dist/all_reduce_params.h"
#include "hooks/hook.h"
#include "hooks/sync_buffers_hook.pb.h"
#include "model/base_model.h"
#include "strategy/strategy.h"

namespace anneal {
namespace {

// Puts the mean over the ranks into every buffer of the model, batch norms'
// statistics for the most part, after each epoch of training and, where a
// validation comes within one, before it: what is validated and saved is then
// of all ranks. mmengine's, with its cut of integers towards zero.
//
//   custom_hooks: [{type: SyncBuffersHook}]
class SyncBuffersHook : public Hook {
 public:
  using Config = SyncBuffersHookConfig;
  static absl::StatusOr<std::unique_ptr<SyncBuffersHook>> Create(
      const Config&) {
    return std::make_unique<SyncBuffersHook>();
  }

  absl::Status AfterTrainEpoch(Run& run) override {
    is_done_ = true;
    return Sync(run);
  }

  absl::Status BeforeValEpoch(Run& run) override {
    if (std::exchange(is_done_, false)) return absl::OkStatus();
    return Sync(run);
  }

 private:
  static absl::Status Sync(Run& run) {
    if (run.communicator().world_size() == 1) return absl::OkStatus();
    dist::AllReduceParamsOptions options;
    options.op = dist::ReduceOp::kMean;
    return dist::AllReduceParams(run.communicator(),
                                 run.strategy().model().buffers(), options);
  }

  // Since the last validation.
  bool is_done_ = false;
};

ANNEAL_REGISTER(Hook, SyncBuffersHook);

}  // namespace
}  // namespace anneal
