// A stretch of a run in which a model's batch norms synchronize.
#ifndef ANNEAL_MODEL_SYNC_BATCH_NORM_SCOPE_H_
#define ANNEAL_MODEL_SYNC_BATCH_NORM_SCOPE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "dist/communicator.h"
#include "model/batch_norm.h"

namespace anneal {

// While it lives, every call of a given layer in training mode computes
// SyncBatchNorm (sync_batch_norm.h) over the communicator's ranks. The model is
// not changed: the op under all batch norms, at::_batch_norm_impl_index, has a
// kernel of ours that looks whether the weight or running mean it is given is a
// layer's. So it holds for torch::nn modules, however they are kept and called,
// for torch::nn::functional and at::batch_norm with a layer's tensors, and for
// TorchScript. Other batch norms, instance norms and layers in evaluation mode
// compute what they always do. With one rank nothing changes.
//
// Made around each training step, by all ranks. A backward pass after it ends
// still synchronizes, but for TorchScript's. It holds in all threads; one at a
// time in a process: Dies if there is another.
//
//   ASSIGN_OR_RETURN(layers, FindBatchNorms(*model));
//   ...
//   SyncBatchNormScope scope(layers, communicator);
//   model->forward(images).sum().backward();
//
// torch.nn.SyncBatchNorm allows a single value a channel on a rank;
// torch::nn::BatchNorm1d to 3d refuse it before any op is called.
class SyncBatchNormScope {
 public:
  // The communicator outlives the scope and the backward passes.
  SyncBatchNormScope(const std::vector<BatchNormLayer>& layers,
                     dist::Communicator* communicator);
  ~SyncBatchNormScope();

  SyncBatchNormScope(const SyncBatchNormScope&) = delete;
  SyncBatchNormScope& operator=(const SyncBatchNormScope&) = delete;

  // The communicator of the scope there is, where one of the tensors, which may
  // be undefined, is a layer's; else null.
  static dist::Communicator* CommunicatorOf(const at::Tensor& running_mean,
                                            const at::Tensor& weight);

 private:
  // A storage and an offset in it: what a tensor, its detached copies and its
  // views from the start have in common.
  using Place = std::pair<const void*, int64_t>;

  static Place PlaceOf(const at::Tensor& tensor);
  bool Has(const at::Tensor& tensor) const;

  absl::flat_hash_set<Place> places_;
  dist::Communicator* communicator_;
};

}  // namespace anneal

#endif  // ANNEAL_MODEL_SYNC_BATCH_NORM_SCOPE_H_
