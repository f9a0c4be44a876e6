// LibTorch's random generators.
#ifndef ANNEAL_UTILS_RANDOM_H_
#define ANNEAL_UTILS_RANDOM_H_

#include <cstdint>

#include "absl/status/status.h"
#include "utils/value.h"

namespace anneal {

// Seeds the generators of the CPU and of every accelerator, as
// torch.manual_seed; `deterministic` asks LibTorch for deterministic kernels
// only.
void SetRandomSeed(int64_t seed, bool deterministic);

// {"cpu": uint8 tensor}: the tensor is Python's torch.get_rng_state().
Value RandomState();
// InvalidArgument for what RandomState did not give.
absl::Status SetRandomState(const Value& state);

// Threads of one operator.
void SetNumThreads(int num_threads);

}  // namespace anneal

#endif  // ANNEAL_UTILS_RANDOM_H_
