// A library like CUDA's driver on a machine without a device, for a test.

// CUDA_ERROR_NO_DEVICE.
extern "C" int cuInit(unsigned) { return 100; }
