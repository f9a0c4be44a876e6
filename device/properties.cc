#include "device/properties.h"

#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <fstream>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "device/cuda_driver.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (!absl::StartsWith(line, "model name")) continue;
    return std::string(
        absl::StripAsciiWhitespace(line.substr(line.find(':') + 1)));
  }
  return "unknown processor";
}

// The current device's where `device` names none; a LibTorch without CUDA has
// none but the first.
int IndexOf(c10::Device device) {
  if (device.has_index()) return device.index();
  if (!c10::impl::hasDeviceGuardImpl(device.type())) return 0;
  const auto* guard = c10::impl::getDeviceGuardImpl(device.type());
  return guard->deviceCount() == 0 ? 0 : guard->getDevice().index();
}

absl::StatusOr<CudaDriver::Properties> CudaProperties(c10::Device device) {
  ASSIGN_OR_RETURN(const std::unique_ptr<CudaDriver> driver,
                   CudaDriver::Load());
  return driver->PropertiesOf(IndexOf(device));
}

}  // namespace

absl::StatusOr<std::string> DeviceName(c10::Device device) {
  if (device.is_cpu()) return ProcessorName();
  if (device.is_cuda()) {
    ASSIGN_OR_RETURN(const CudaDriver::Properties properties,
                     CudaProperties(device));
    return properties.name;
  }
  return absl::UnimplementedError(
      absl::StrCat("the name of a device ", device.str(),
                   " is its vendor's to tell; cpu and cuda have one here"));
}

absl::StatusOr<std::pair<int, int>> ComputeCapability(c10::Device device) {
  if (!device.is_cuda()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the device ", device.str(),
                     " has no compute capability; CUDA devices have one"));
  }
  ASSIGN_OR_RETURN(const CudaDriver::Properties properties,
                   CudaProperties(device));
  return std::make_pair(properties.major, properties.minor);
}

}  // namespace anneal
