// What a device is.
#ifndef ANNEAL_DEVICE_PROPERTIES_H_
#define ANNEAL_DEVICE_PROPERTIES_H_

#include <c10/core/Device.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace anneal {

// Without an index a device is the current one of its kind, as in
// device/memory.h.

// "NVIDIA H100 80GB HBM3", the processor's model for the CPU.
// FailedPrecondition where the device is not there, Unimplemented for other
// kinds.
absl::StatusOr<std::string> DeviceName(c10::Device device);

// {9, 0} of an H100; FailedPrecondition where it is not there, InvalidArgument
// for what is no CUDA device.
absl::StatusOr<std::pair<int, int>> ComputeCapability(c10::Device device);

}  // namespace anneal

#endif  // ANNEAL_DEVICE_PROPERTIES_H_
