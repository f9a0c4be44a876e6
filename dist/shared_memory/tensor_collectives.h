// Shared-memory collectives on tensors.
#ifndef ANNEAL_DIST_SHARED_MEMORY_TENSOR_COLLECTIVES_H_
#define ANNEAL_DIST_SHARED_MEMORY_TENSOR_COLLECTIVES_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "dist/shared_memory/reduction.h"
#include "dist/shared_memory/shared_memory_collectives.h"

namespace anneal::dist {

// SharedMemoryCollectives on CPU tensors of any strides: those with gaps or in
// another order go through a copy. Lists have one tensor a rank; an undefined
// one stands for nothing. Sizes and dtypes are checked by the caller.
class TensorCollectives {
 public:
  using Tensors = std::vector<at::Tensor>;

  // Outlives this.
  explicit TensorCollectives(SharedMemoryCollectives* memory)
      : memory_(*memory) {}

  absl::Status Barrier();
  // In place; where not `wants_result`, `tensor` stays as it is.
  absl::Status AllReduce(Reduction op, const at::Tensor& tensor,
                         bool wants_result = true);
  // In place, of one dtype.
  absl::Status AllReduceCoalesced(Reduction op, const Tensors& tensors);
  absl::Status Broadcast(const at::Tensor& tensor, int root);
  // Into one tensor a rank, and into one tensor of all.
  absl::Status Gather(const at::Tensor& input, const Tensors& outputs);
  absl::Status GatherInto(const at::Tensor& input, const at::Tensor& output);
  // Of one tensor a rank, and of one tensor for all.
  absl::Status ReduceScatter(Reduction op, const Tensors& inputs,
                             const at::Tensor& output);
  absl::Status ReduceScatterFrom(Reduction op, const at::Tensor& input,
                                 const at::Tensor& output);
  // inputs[r] goes to rank r, from where outputs[r] comes.
  absl::Status Exchange(const Tensors& inputs, const Tensors& outputs);

 private:
  SharedMemoryCollectives& memory_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_TENSOR_COLLECTIVES_H_
