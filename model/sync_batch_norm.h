// Batch norm over the batches of all ranks.
#ifndef ANNEAL_MODEL_SYNC_BATCH_NORM_H_
#define ANNEAL_MODEL_SYNC_BATCH_NORM_H_

#include <ATen/core/Tensor.h>

#include <array>

#include "dist/communicator.h"

namespace anneal {

// What a batch norm layer gives to its op; any tensor may be undefined.
struct BatchNormParameters {
  // (channels)
  at::Tensor weight;
  at::Tensor bias;
  // (channels); updated in place.
  at::Tensor running_mean;
  at::Tensor running_var;
  // How much of the new statistics goes into the running ones.
  double momentum = 0.1;
  double eps = 1e-5;
};

// What the backward pass needs of the forward one.
struct SyncBatchNormStatistics {
  // (channels), of all ranks' values: float32, or float64 for such an input.
  at::Tensor mean;
  at::Tensor invstd;
  // (1), int32: how many values a channel has on all ranks.
  at::Tensor count;
};

struct SyncBatchNormOutput {
  // Of the input's shape, dtype and memory format.
  at::Tensor output;
  SyncBatchNormStatistics statistics;
};

// Batch norm in training mode, as torch.nn.SyncBatchNorm computes it: mean and
// variance are those of the ranks' inputs taken together, however many samples
// each rank has, also none. `input` is (batch, channels, ...), a floating
// tensor on the CPU or a CUDA device; the running variance is unbiased by the
// number of values on all ranks. One all-reduce forward, of two float64 a
// channel (of a float64 input: of two for each rank), and one backward, of two
// float32; all ranks call both in the same order. The result is differentiable,
// once; gradients of weight and bias are this rank's share, which DDP averages
// like any other.
//
// Throws c10::Error, as ops do: a c10::ValueError where all ranks together have
// a single value a channel, and a StatusError (utils/torch_status.h) where a
// collective fails. The communicator outlives the backward pass.
SyncBatchNormOutput SyncBatchNorm(const at::Tensor& input,
                                  const BatchNormParameters& parameters,
                                  dist::Communicator* communicator);

struct SyncBatchNormGradients {
  at::Tensor input;
  at::Tensor weight;
  at::Tensor bias;
};

// The gradients alone, for a backward pass that autograd does not run:
// `needed` says which of input, weight and bias; all ranks need the same. The
// others are undefined.
SyncBatchNormGradients SyncBatchNormBackward(
    const at::Tensor& grad_output, const at::Tensor& input,
    const at::Tensor& weight, const SyncBatchNormStatistics& statistics,
    std::array<bool, 3> needed, dist::Communicator* communicator);

}  // namespace anneal

#endif  // ANNEAL_MODEL_SYNC_BATCH_NORM_H_
