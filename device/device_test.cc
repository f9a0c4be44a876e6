#include "device/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(Device, ParsesCpu) { EXPECT_TRUE(ParseDevice("cpu")->is_cpu()); }

TEST(Device, UnknownWordNamesTheChoices) {
  const absl::Status status = ParseDevice("gpu").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("use cpu, cuda"));
}

TEST(Device, VendorWithoutBackendIsNamed) {
  const absl::Status status = ParseDevice("npu:0").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no backend for npu"));
}

TEST(Device, DeviceBeyondTheLastIsRefused) {
  EXPECT_EQ(ParseDevice("cuda:99").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(Device, CpuHasNoMemoryCounter) {
  if (!GetDevice().is_cpu()) return;

  EXPECT_EQ(MaxMemoryMegabytes(), 0);
}

}  // namespace
}  // namespace anneal
