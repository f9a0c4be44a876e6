// Many tensors reduced over the ranks.
#ifndef ANNEAL_DIST_ALL_REDUCE_PARAMS_H_
#define ANNEAL_DIST_ALL_REDUCE_PARAMS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "dist/communicator.h"

namespace anneal::dist {

// mmengine.dist.all_reduce_params's arguments and defaults.
struct AllReduceParamsOptions {
  ReduceOp op = ReduceOp::kSum;
  // Whether tensors of one dtype and device travel together.
  bool coalesce = true;
  // How much does so at once, in MiB; not above 0: all of it.
  int64_t bucket_size_mb = -1;
};

// Reduces each of `params`, on all ranks the same number of the same shapes and
// dtypes, in place and out of sight of autograd: parameters, or a module's
// buffers. Fails as Communicator::AllReduce.
absl::Status AllReduceParams(Communicator& communicator,
                             const std::vector<at::Tensor>& params,
                             const AllReduceParamsOptions& options = {});

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_ALL_REDUCE_PARAMS_H_
