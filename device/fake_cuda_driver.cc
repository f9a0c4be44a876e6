// A library like CUDA's driver, of two devices, for a test.

#include <cstddef>
#include <cstdio>

extern "C" {

int cuInit(unsigned) { return 0; }

int cuDeviceGetCount(int* count) {
  *count = 2;
  return 0;
}

// A handle is no index.
int cuDeviceGet(int* handle, int device) {
  *handle = 100 + device;
  return 0;
}

int cuDeviceGetName(char* name, int size, int handle) {
  std::snprintf(name, size, "Fake %d", handle);
  return 0;
}

int cuDeviceTotalMem_v2(size_t* bytes, int handle) {
  *bytes = static_cast<size_t>(handle) << 32;
  return 0;
}

// CUDA_ERROR_INVALID_VALUE for what is not asked.
int cuDeviceGetAttribute(int* value, int attribute, int handle) {
  switch (attribute) {
    case 16:
      *value = 132;
      return 0;
    case 75:
      *value = 9;
      return 0;
    case 76:
      *value = handle - 100;
      return 0;
    default:
      return 1;
  }
}

}  // extern "C"
