// Numbers over all gradients where each rank holds a part of them.
#ifndef ANNEAL_OPTIM_RANK_REDUCTION_H_
#define ANNEAL_OPTIM_RANK_REDUCTION_H_

#include <ATen/core/Tensor.h>

#include <functional>

#include "dist/communicator.h"

namespace anneal {

// Reduces a floating tensor of one element in place over the ranks among which
// the gradients are dealt out, each element to one; throws where it fails.
// All of them call it in the same steps. Null: this rank holds all gradients.
using RankReduction = std::function<void(at::Tensor* number, dist::ReduceOp)>;

}  // namespace anneal

#endif  // ANNEAL_OPTIM_RANK_REDUCTION_H_
