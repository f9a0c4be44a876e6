#include "device/device.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/Exception.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

// at::hasCUDA() alone says that the library is linked.
bool HasCudaDevice() {
  return at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0;
}

}  // namespace

c10::Device GetDevice() {
  return HasCudaDevice() ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
}

absl::StatusOr<c10::Device> ParseDevice(absl::string_view name) {
  for (const char* kind : {"npu", "mlu", "mps", "musa", "dipu"}) {
    if (name.substr(0, name.find(':')) == kind) {
      return absl::InvalidArgumentError(
          absl::StrCat("device \"", name, "\": Anneal has no backend for ",
                       kind, "; use cpu or cuda"));
    }
  }
  c10::Device device(c10::kCPU);
  const absl::Status status =
      CatchTorchError([&] { device = c10::Device(std::string(name)); });
  const bool is_cpu = device.is_cpu() && device.index() <= 0;
  if (!status.ok() || (!is_cpu && !device.is_cuda())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "device \"", name, "\" is unknown; use cpu, cuda or cuda:N"));
  }
  if (is_cpu) return device;
  if (!at::hasCUDA()) {
    return absl::FailedPreconditionError(
        absl::StrCat("device \"", name,
                     "\": this program is built without "
                     "CUDA; build it with --config=cuda"));
  }
  const int count = at::detail::getCUDAHooks().deviceCount();
  if (count == 0 || device.index() >= count) {
    return absl::FailedPreconditionError(absl::StrCat(
        "device \"", name, "\": this machine has ", count, " CUDA devices"));
  }
  return device.has_index() ? device : c10::Device(c10::kCUDA, 0);
}

int64_t MaxMemoryMegabytes(c10::Device device) {
  if (!device.is_cuda() || !HasCudaDevice()) return 0;
  c10::DeviceAllocator* allocator = at::getDeviceAllocator(c10::kCUDA);
  if (!allocator->initialized()) return 0;
  const c10::DeviceIndex index =
      device.has_index() ? device.index()
                         : at::detail::getCUDAHooks().getCurrentDevice();
  const int64_t bytes =
      allocator->getDeviceStats(index).allocated_bytes[0].peak;
  allocator->resetPeakStats(index);
  return bytes / (1024 * 1024);
}

}  // namespace anneal
