#include "device/cuda_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CudaDriver, TellsADevicesProperties) {
  const auto driver = CudaDriver::Load("device/libfake_cuda_driver.so");
  ASSERT_TRUE(driver.ok()) << driver.status();

  const auto properties = (*driver)->PropertiesOf(1);

  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_EQ(*(*driver)->NumDevices(), 2);
  EXPECT_EQ(properties->name, "Fake 101");
  EXPECT_EQ(properties->major, 9);
  EXPECT_EQ(properties->minor, 1);
  EXPECT_EQ(properties->num_multiprocessors, 132);
  EXPECT_EQ(properties->total_bytes, int64_t{101} << 32);
}

TEST(CudaDriver, DeviceBeyondTheLastIsRefused) {
  const auto driver = CudaDriver::Load("device/libfake_cuda_driver.so");

  for (const int device : {2, -1}) {
    const absl::Status status = (*driver)->PropertiesOf(device).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("no CUDA device " + std::to_string(device)),
                      HasSubstr("this machine has 2")));
  }
}

TEST(CudaDriver, MachineWithoutADriverIsTold) {
  const absl::Status status =
      CudaDriver::Load("libno_such_driver.so.1").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("no CUDA driver"), HasSubstr("libno_such_driver.so.1")));
}

TEST(CudaDriver, FailingDriverIsToldByItsNumber) {
  const absl::Status status =
      CudaDriver::Load("device/libbroken_cuda_driver.so").status();

  EXPECT_THAT(std::string(status.message()),
              HasSubstr("cuInit of CUDA's driver failed with CUresult 100"));
}

}  // namespace
}  // namespace anneal
