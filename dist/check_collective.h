// What every communicator refuses, with one rank as with many, so that code
// tried on one rank runs on many.
#ifndef ANNEAL_DIST_CHECK_COLLECTIVE_H_
#define ANNEAL_DIST_CHECK_COLLECTIVE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "dist/communicator.h"
#include "utils/value.h"

namespace anneal::dist {

// InvalidArgument, with what was wrong, for each.

// Bits of reals.
absl::Status CheckReducible(const at::Tensor& tensor, ReduceOp op);
// The same in an entry of `values`, and one that is no tensor.
absl::Status CheckReducible(const Dict& values, ReduceOp op);
// A rank outside [0, world_size).
absl::Status CheckRank(int rank, int world_size);
// No ranks, one twice, one outside.
absl::Status CheckGroup(const std::vector<int>& ranks, int world_size);
// A negative number of results.
absl::Status CheckResultsSize(int64_t size);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_CHECK_COLLECTIVE_H_
