#include "device/cuda_driver.h"

#include <dlfcn.h>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Of CUdevice_attribute.
constexpr int kMultiprocessorCount = 16;
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

}  // namespace

template <typename... Args>
absl::Status CudaDriver::Call(const char* function, Args... args) const {
  const auto call =
      reinterpret_cast<int (*)(Args...)>(dlsym(library_, function));
  if (call == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("CUDA's driver has no ", function, "; update it"));
  }
  const int error = call(args...);
  if (error == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(function, " of CUDA's driver failed with CUresult ", error));
}

absl::StatusOr<std::unique_ptr<CudaDriver>> CudaDriver::Load(
    const std::string& library) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("this machine has no CUDA driver (", dlerror(), ")"));
  }
  auto driver = absl::WrapUnique(new CudaDriver(handle));
  RETURN_IF_ERROR(driver->Call("cuInit", 0u));
  return driver;
}

CudaDriver::~CudaDriver() { dlclose(library_); }

absl::StatusOr<int> CudaDriver::NumDevices() const {
  int count = 0;
  RETURN_IF_ERROR(Call("cuDeviceGetCount", &count));
  return count;
}

absl::StatusOr<CudaDriver::Properties> CudaDriver::PropertiesOf(
    int device) const {
  ASSIGN_OR_RETURN(const int count, NumDevices());
  if (device < 0 || device >= count) {
    return absl::FailedPreconditionError(absl::StrCat(
        "there is no CUDA device ", device, "; this machine has ", count));
  }
  int handle;
  char name[256] = "";
  size_t total_bytes;
  Properties properties;
  RETURN_IF_ERROR(Call("cuDeviceGet", &handle, device));
  RETURN_IF_ERROR(Call("cuDeviceGetName", name, int{sizeof(name)}, handle));
  RETURN_IF_ERROR(Call("cuDeviceTotalMem_v2", &total_bytes, handle));
  RETURN_IF_ERROR(Call("cuDeviceGetAttribute", &properties.major,
                       int{kComputeCapabilityMajor}, handle));
  RETURN_IF_ERROR(Call("cuDeviceGetAttribute", &properties.minor,
                       int{kComputeCapabilityMinor}, handle));
  RETURN_IF_ERROR(Call("cuDeviceGetAttribute", &properties.num_multiprocessors,
                       int{kMultiprocessorCount}, handle));
  properties.name = name;
  properties.total_bytes = total_bytes;
  return properties;
}

}  // namespace anneal
