// Tensors of one rank to all, together.
#ifndef ANNEAL_DIST_BROADCAST_TENSORS_H_
#define ANNEAL_DIST_BROADCAST_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/status/status.h"
#include "dist/communicator.h"

namespace anneal::dist {

// Overwrites `tensors`, on all ranks the same number of the same shapes and
// dtypes on one device, with those of `source`, bit for bit and of any dtype.
// Small ones travel together, up to 64 MiB at once. Fails as
// Communicator::Broadcast.
absl::Status BroadcastTensors(Communicator& communicator,
                              const std::vector<at::Tensor>& tensors,
                              int source);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_BROADCAST_TENSORS_H_
