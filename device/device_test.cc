#include "device/device.h"

#include <ATen/Context.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(Device, DefaultCanBeParsed) {
  const c10::Device device = GetDevice();

  EXPECT_EQ(*ParseDevice(device.str()), device);
}

TEST(Device, ParsesCpu) {
  EXPECT_TRUE(ParseDevice("cpu")->is_cpu());
  EXPECT_TRUE(ParseDevice("cpu:0")->is_cpu());
}

class DeviceUnknown : public ::testing::TestWithParam<const char*> {};

TEST_P(DeviceUnknown, NamesTheChoices) {
  const absl::Status status = ParseDevice(GetParam()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(std::string("\"") + GetParam() + "\""),
                    HasSubstr("use cpu, cuda or cuda:N")));
}

// xpu and meta are devices of LibTorch's that Anneal does not train on.
INSTANTIATE_TEST_SUITE_P(Words, DeviceUnknown,
                         ::testing::Values("", "gpu", "CUDA", "cuda:", "cuda:x",
                                           "cuda:-1", "cpu:3", "xpu", "meta"));

class DeviceWithoutBackend : public ::testing::TestWithParam<const char*> {};

TEST_P(DeviceWithoutBackend, IsNamed) {
  const absl::Status status =
      ParseDevice(std::string(GetParam()) + ":0").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(std::string("no backend for ") + GetParam()),
                    HasSubstr("RegisterDeviceKind")));
}

INSTANTIATE_TEST_SUITE_P(Vendors, DeviceWithoutBackend,
                         ::testing::Values("npu", "mlu", "mps", "musa", "dipu"),
                         [](const auto& info) { return info.param; });

TEST(Device, DeviceBeyondTheLastIsRefused) {
  if (!at::hasCUDA()) GTEST_SKIP() << "built without CUDA";

  const absl::Status status = ParseDevice("cuda:99").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"cuda:99\""), HasSubstr("this machine has")));
}

TEST(Device, BuildWithoutCudaSaysHowToGetIt) {
  if (at::hasCUDA()) GTEST_SKIP() << "built with CUDA";

  const absl::Status status = ParseDevice("cuda:99").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"cuda:99\""), HasSubstr("--config=cuda")));
}

TEST(Device, CpuIsOneDevice) {
  EXPECT_EQ(NumDevices("cpu"), 1);
  EXPECT_TRUE(IsDeviceAvailable("cpu"));
}

TEST(Device, KindsThatNothingBringsAreNotAvailable) {
  for (const char* kind : {"npu", "mlu", "mps", "musa", "dipu", "nonsense"}) {
    EXPECT_FALSE(IsDeviceAvailable(kind)) << kind;
  }
}

TEST(Device, DefaultIsTheFirstCudaDeviceOrTheCpu) {
  EXPECT_EQ(GetDevice(), IsDeviceAvailable("cuda") ? c10::Device(c10::kCUDA, 0)
                                                   : c10::Device(c10::kCPU));
}

TEST(Device, WaitingForTheDeviceReturns) {
  SynchronizeDevice(c10::kCPU);
  SynchronizeDevice(GetDevice());
}

}  // namespace
}  // namespace anneal
