// LibTorch's random generators.
#ifndef ANNEAL_UTILS_RANDOM_H_
#define ANNEAL_UTILS_RANDOM_H_

#include <cstdint>

#include "absl/status/status.h"
#include "utils/value.h"

namespace anneal {

// Seeds the generators of the CPU and of every accelerator, as
// torch.manual_seed. `deterministic` makes LibTorch choose deterministic
// kernels and fail where an operator has none (on CUDA cuBLAS also wants
// CUBLAS_WORKSPACE_CONFIG=:4096:8 in the environment); false lifts that.
void SetRandomSeed(int64_t seed, bool deterministic);

// {"cpu": uint8 tensor, "cuda": list of one for each device}: the tensors are
// Python's torch.get_rng_state() and torch.cuda.get_rng_state_all(). "cuda"
// stands there only where there are such devices.
Value RandomState();
// Sets the generators of the devices that both `state` and this machine have.
// NotFound without "cpu", InvalidArgument for what RandomState did not give.
absl::Status SetRandomState(const Value& state);

}  // namespace anneal

#endif  // ANNEAL_UTILS_RANDOM_H_
