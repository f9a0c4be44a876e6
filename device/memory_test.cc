#include "device/memory.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "device/device.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(Memory, CpuHasNoCounter) {
  EXPECT_EQ(MaxMemoryMegabytes(c10::kCPU), 0);
  EXPECT_EQ(MemoryUseOf(c10::kCPU).allocated, 0);
  ResetPeakMemory(c10::kCPU);
  EmptyCache(c10::kCPU);
}

TEST(Memory, MachineHasSome) {
  const auto size = MemorySizeOf(c10::kCPU);

  EXPECT_GT(size->free_bytes, 1 << 20);
  EXPECT_GE(size->total_bytes, size->free_bytes);
}

// Also on a machine without CUDA.
TEST(Memory, DeviceHasHeldNothingBeforeItsFirstTensor) {
  EXPECT_EQ(MaxMemoryMegabytes(c10::Device(c10::kCUDA, 0)), 0);
}

TEST(Memory, MissingDeviceIsNamed) {
  const absl::Status status =
      MemorySizeOf(c10::Device(c10::kCUDA, 99)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no device cuda:99"));
}

TEST(Memory, CountsTheMostOfTheDeviceSinceTheLastCall) {
  if (GetDevice().is_cpu()) GTEST_SKIP() << "there is no accelerator";
  const c10::Device device = GetDevice();
  at::zeros({4 << 20}, at::device(device).dtype(at::kByte));

  EXPECT_GE(MaxMemoryMegabytes(device), 4);
  EXPECT_LT(MaxMemoryMegabytes(device), 4);
}

TEST(Memory, ReservedGoesBackToTheDriver) {
  if (GetDevice().is_cpu()) GTEST_SKIP() << "there is no accelerator";
  const c10::Device device = GetDevice();
  at::zeros({64 << 20}, at::device(device).dtype(at::kByte));
  ASSERT_GE(MemoryUseOf(device).reserved, 64 << 20);

  EmptyCache(device);

  EXPECT_LT(MemoryUseOf(device).reserved, 64 << 20);
  EXPECT_GT(MemorySizeOf(device)->total_bytes, 0);
}

}  // namespace
}  // namespace anneal
