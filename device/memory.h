// The memory of devices.
#ifndef ANNEAL_DEVICE_MEMORY_H_
#define ANNEAL_DEVICE_MEMORY_H_

#include <c10/core/Device.h>

#include <cstdint>

#include "absl/status/statusor.h"

namespace anneal {

// What LibTorch's allocator holds of a device, in bytes: torch.cuda's
// memory_allocated, memory_reserved, max_memory_allocated and
// max_memory_reserved.
struct MemoryUse {
  int64_t allocated = 0;
  int64_t reserved = 0;
  // Since the start or the last reset.
  int64_t max_allocated = 0;
  int64_t max_reserved = 0;
};

struct MemorySize {
  int64_t free_bytes;
  int64_t total_bytes;
};

// All 0 for the CPU, and for a device that LibTorch has not used yet. Without
// an index the current device of its kind.
MemoryUse MemoryUseOf(c10::Device device);
// Lets max_allocated and max_reserved count from now on.
void ResetPeakMemory(c10::Device device);
// Gives what the allocator keeps for later back to the device's driver.
void EmptyCache(c10::Device device);

// The memory that the whole machine or device has, and what no process uses.
// FailedPrecondition where the device is not to be had.
absl::StatusOr<MemorySize> MemorySizeOf(c10::Device device);

// mmengine's get_max_cuda_memory: the most memory that tensors have held at
// once on `device` since the last call, in MiB; 0 for the CPU, and where
// LibTorch has not used the device yet. Resets the peak.
int64_t MaxMemoryMegabytes(c10::Device device);

}  // namespace anneal

#endif  // ANNEAL_DEVICE_MEMORY_H_
