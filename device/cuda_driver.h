// What CUDA's driver tells of its devices.
#ifndef ANNEAL_DEVICE_CUDA_DRIVER_H_
#define ANNEAL_DEVICE_CUDA_DRIVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace anneal {

// The driver's library, loaded where it is there: a program needs no CUDA to be
// built. Devices are counted as in the program, after CUDA_VISIBLE_DEVICES.
class CudaDriver {
 public:
  struct Properties {
    std::string name;
    // The compute capability: 9.0 of an H100.
    int major;
    int minor;
    int num_multiprocessors;
    int64_t total_bytes;
  };

  // FailedPrecondition where there is no such library or it finds no device.
  static absl::StatusOr<std::unique_ptr<CudaDriver>> Load(
      const std::string& library = "libcuda.so.1");
  ~CudaDriver();
  CudaDriver(const CudaDriver&) = delete;
  CudaDriver& operator=(const CudaDriver&) = delete;

  absl::StatusOr<int> NumDevices() const;
  // FailedPrecondition for a device that is not there.
  absl::StatusOr<Properties> PropertiesOf(int device) const;

 private:
  explicit CudaDriver(void* library) : library_(library) {}

  // Calls the library's `function`; an error is FailedPrecondition, with its
  // number.
  template <typename... Args>
  absl::Status Call(const char* function, Args... args) const;

  void* library_;
};

}  // namespace anneal

#endif  // ANNEAL_DEVICE_CUDA_DRIVER_H_
