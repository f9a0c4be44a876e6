// The kinds of devices, and those of this machine.
#ifndef ANNEAL_DEVICE_DEVICE_H_
#define ANNEAL_DEVICE_DEVICE_H_

#include <c10/core/Device.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// Where a run computes unless told otherwise: the first device of the first
// kind that is available, in mmengine's order: npu, cuda, mlu, mps, musa, dipu,
// cpu.
c10::Device GetDevice();

// Makes `kind` ("npu", "mlu", "musa", "dipu" or a name of one's own) stand for
// devices of LibTorch's `type`: the seam for a vendor, whose library brings
// LibTorch the type's device guard, allocator and kernels, mostly as
// PrivateUse1. AlreadyExists for a kind that has a type. Thread-safe.
absl::Status RegisterDeviceKind(const std::string& kind, c10::DeviceType type);

// How many devices of the kind this program can use: 1 for "cpu", 0 for a kind
// that nothing brings or that the machine lacks.
int NumDevices(absl::string_view kind);
// mmengine's is_cuda_available and so on: whether there is one.
inline bool IsDeviceAvailable(absl::string_view kind) {
  return NumDevices(kind) > 0;
}

// "cpu", "cuda", "cuda:1", "npu:0". The first device where there is no number.
// InvalidArgument for other words and for kinds that nothing brings (npu, mlu,
// mps, musa and dipu unless registered), FailedPrecondition where this program
// or machine has no such device.
absl::StatusOr<c10::Device> ParseDevice(absl::string_view name);

// Waits until the device has done what it was given; the CPU always has.
void SynchronizeDevice(c10::Device device);

}  // namespace anneal

#endif  // ANNEAL_DEVICE_DEVICE_H_
