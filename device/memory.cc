#include "device/memory.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <fstream>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

// The allocator of an accelerator; null where there is no such device or
// nothing was allocated yet.
c10::DeviceAllocator* InUse(c10::Device device) {
  if (device.is_cpu() || !c10::impl::hasDeviceGuardImpl(device.type()) ||
      c10::impl::getDeviceGuardImpl(device.type())->deviceCount() == 0) {
    return nullptr;
  }
  c10::DeviceAllocator* allocator = at::getDeviceAllocator(device.type());
  return allocator->initialized() ? allocator : nullptr;
}

c10::DeviceIndex IndexOf(c10::Device device) {
  return device.has_index() ? device.index()
                            : c10::impl::getDeviceGuardImpl(device.type())
                                  ->getDevice()
                                  .index();
}

// A line of /proc/meminfo, in bytes.
absl::StatusOr<int64_t> HostBytes(const std::string& key) {
  std::ifstream file("/proc/meminfo");
  std::string word;
  while (file >> word) {
    int64_t kilobytes;
    if (word == key && file >> kilobytes) return kilobytes * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return absl::FailedPreconditionError(
      absl::StrCat("/proc/meminfo does not tell ", key));
}

}  // namespace

MemoryUse MemoryUseOf(c10::Device device) {
  MemoryUse use;
  c10::DeviceAllocator* allocator = InUse(device);
  if (allocator == nullptr) return use;
  const auto stats = allocator->getDeviceStats(IndexOf(device));
  use.allocated = stats.allocated_bytes[0].current;
  use.reserved = stats.reserved_bytes[0].current;
  use.max_allocated = stats.allocated_bytes[0].peak;
  use.max_reserved = stats.reserved_bytes[0].peak;
  return use;
}

void ResetPeakMemory(c10::Device device) {
  c10::DeviceAllocator* allocator = InUse(device);
  if (allocator != nullptr) allocator->resetPeakStats(IndexOf(device));
}

void EmptyCache(c10::Device device) {
  c10::DeviceAllocator* allocator = InUse(device);
  if (allocator != nullptr) allocator->emptyCache();
}

absl::StatusOr<MemorySize> MemorySizeOf(c10::Device device) {
  if (device.is_cpu()) {
    ASSIGN_OR_RETURN(const int64_t free_bytes, HostBytes("MemAvailable:"));
    ASSIGN_OR_RETURN(const int64_t total_bytes, HostBytes("MemTotal:"));
    return MemorySize{free_bytes, total_bytes};
  }
  if (!c10::impl::hasDeviceGuardImpl(device.type()) ||
      IndexOf(device) >=
          c10::impl::getDeviceGuardImpl(device.type())->deviceCount()) {
    return absl::FailedPreconditionError(
        absl::StrCat("this program or machine has no device ", device.str()));
  }
  std::pair<size_t, size_t> size;
  RETURN_IF_ERROR(CatchTorchError([&] {
    size =
        at::getDeviceAllocator(device.type())->getMemoryInfo(IndexOf(device));
  }));
  return MemorySize{static_cast<int64_t>(size.first),
                    static_cast<int64_t>(size.second)};
}

int64_t MaxMemoryMegabytes(c10::Device device) {
  const int64_t bytes = MemoryUseOf(device).max_allocated;
  ResetPeakMemory(device);
  return bytes / (1024 * 1024);
}

}  // namespace anneal
