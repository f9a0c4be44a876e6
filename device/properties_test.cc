#include "device/properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "device/device.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(DeviceName, CpuHasAName) {
  EXPECT_THAT(*DeviceName(c10::kCPU), Not(IsEmpty()));
}

TEST(DeviceName, OtherKindsAreTheirVendors) {
  const absl::Status status = DeviceName(c10::Device(c10::kXPU, 0)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("xpu:0"));
}

TEST(ComputeCapability, CpuHasNone) {
  const absl::Status status = ComputeCapability(c10::kCPU).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the device cpu has no compute capability"));
}

TEST(ComputeCapability, WithoutAGpuSaysWhatIsMissing) {
  if (IsDeviceAvailable("cuda")) GTEST_SKIP() << "there is a GPU";
  const c10::Device device(c10::kCUDA, 0);

  for (const absl::Status& status :
       {ComputeCapability(device).status(), DeviceName(device).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("CUDA"));
  }
}

TEST(ComputeCapability, IsAtLeastFiveOfAGpu) {
  if (!IsDeviceAvailable("cuda")) GTEST_SKIP() << "there is no GPU";
  const c10::Device device(c10::kCUDA, 0);

  EXPECT_GE(ComputeCapability(device)->first, 5);
  EXPECT_EQ(*ComputeCapability(c10::kCUDA), *ComputeCapability(device));
  EXPECT_THAT(*DeviceName(device), HasSubstr("NVIDIA"));
}

}  // namespace
}  // namespace anneal
