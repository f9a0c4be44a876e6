// Elementwise reduction of several ranks' numbers.
#ifndef ANNEAL_DIST_SHARED_MEMORY_REDUCTION_H_
#define ANNEAL_DIST_SHARED_MEMORY_REDUCTION_H_

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <torch/csrc/distributed/c10d/Types.hpp>
#include <vector>

#include "absl/status/status.h"

namespace anneal::dist {

// SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR and BXOR as c10d's Gloo computes them:
// every single operation rounds to the dtype, half and bfloat16 too, and an
// average is the sum divided by the count. Unlike there, MIN and MAX give NaN
// where any operand is NaN, and the sum and product of bools are bools.
using Reduction = c10d::ReduceOp::RedOpType;

// "sum", "avg", ...
std::string ReductionName(Reduction op);

// InvalidArgument for a dtype that `op` has no meaning for (AVG of integers,
// bits of floats, an order of complex numbers) or that is not reduced here:
// others than the real and complex floats from half to double, bool, uint8 and
// the signed integers. InvalidArgument for other reductions.
absl::Status CheckReduction(Reduction op, c10::ScalarType dtype);

// Writes the reduction of `inputs`, at least one, from the first to the last,
// to `output`, which overlaps none of them. Each has `numel` elements of
// `dtype`, which CheckReduction takes. On this thread alone.
void Reduce(Reduction op, c10::ScalarType dtype,
            const std::vector<const void*>& inputs, int64_t numel,
            void* output);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_REDUCTION_H_
