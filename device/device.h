// The accelerators of this machine.
#ifndef ANNEAL_DEVICE_DEVICE_H_
#define ANNEAL_DEVICE_DEVICE_H_

#include <c10/core/Device.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// Where a run computes unless told otherwise: the first CUDA device where there
// is one, else the CPU. (mmengine's order is npu, cuda, mlu, mps, dipu, cpu;
// the rest has no backend here.)
c10::Device GetDevice();

// "cpu", "cuda", "cuda:1". InvalidArgument for other words and for kinds that
// Anneal has no backend for (npu, mlu, mps, musa, dipu), FailedPrecondition
// where this program or machine has no such device.
absl::StatusOr<c10::Device> ParseDevice(absl::string_view name);

// The most memory that tensors have held at once on `device` since the last
// call, in MiB; 0 for the CPU, and where LibTorch has not used CUDA yet.
int64_t MaxMemoryMegabytes(c10::Device device);

}  // namespace anneal

#endif  // ANNEAL_DEVICE_DEVICE_H_
