// A loop over a few threads.
#ifndef ANNEAL_FILEIO_S3_PARALLEL_FOR_H_
#define ANNEAL_FILEIO_S3_PARALLEL_FOR_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace anneal {

// Calls task(0) to task(count - 1), on the caller's thread and at most
// num_threads - 1 more. The first error; no task is begun after one.
absl::Status ParallelFor(int64_t count, int num_threads,
                         const std::function<absl::Status(int64_t)>& task);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_PARALLEL_FOR_H_
