// A vendor's devices: LibTorch's fake guard of eight devices and an allocator
// that counts, as npu.

#include <c10/core/Allocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/FakeGuardImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "device/device.h"
#include "device/memory.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using FakeGuard = c10::impl::FakeGuardImpl<c10::kPrivateUse1>;

C10_REGISTER_GUARD_IMPL(PrivateUse1, FakeGuard)

class CountingAllocator : public c10::DeviceAllocator {
 public:
  c10::DataPtr allocate(size_t) override { return {}; }
  void copy_data(void*, const void*, size_t) const override {}
  bool initialized() override { return is_initialized; }
  void emptyCache(c10::MempoolId_t) override { reserved = allocated; }
  void recordStream(const c10::DataPtr&, c10::Stream) override {}
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(
      c10::DeviceIndex device) override {
    asked_device = device;
    c10::CachingDeviceAllocator::DeviceStats stats;
    stats.allocated_bytes[0].current = allocated;
    stats.allocated_bytes[0].peak = peak;
    stats.reserved_bytes[0].current = reserved;
    stats.reserved_bytes[0].peak = 2 * peak;
    return stats;
  }
  void resetAccumulatedStats(c10::DeviceIndex) override {}
  void resetPeakStats(c10::DeviceIndex) override { peak = allocated; }
  std::pair<size_t, size_t> getMemoryInfo(c10::DeviceIndex) override {
    return {100, 300};
  }

  bool is_initialized = true;
  int64_t allocated = 0;
  int64_t peak = 0;
  int64_t reserved = 0;
  c10::DeviceIndex asked_device = -1;
};

class VendorDevice : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(RegisterDeviceKind("npu", c10::kPrivateUse1).ok());
  }
  void SetUp() override {
    c10::SetAllocator(c10::kPrivateUse1, &allocator_, /*priority=*/1);
  }

  const c10::Device device_{c10::kPrivateUse1, 2};
  // LibTorch keeps it.
  static CountingAllocator allocator_;
};

CountingAllocator VendorDevice::allocator_;

TEST_F(VendorDevice, IsParsed) {
  EXPECT_EQ(*ParseDevice("npu:2"), device_);
  EXPECT_EQ(*ParseDevice("npu"), c10::Device(c10::kPrivateUse1, 0));
}

TEST_F(VendorDevice, IsCounted) {
  EXPECT_EQ(NumDevices("npu"), 8);
  EXPECT_TRUE(IsDeviceAvailable("npu"));
}

TEST_F(VendorDevice, BeyondTheLastIsRefused) {
  const absl::Status status = ParseDevice("npu:8").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("\"npu:8\": this machine has 8 npu devices"));
}

// mmengine asks for npu before cuda.
TEST_F(VendorDevice, GoesBeforeTheCpu) {
  EXPECT_EQ(GetDevice(), c10::Device(c10::kPrivateUse1, 0));
}

TEST_F(VendorDevice, KindHasOneType) {
  const absl::Status status = RegisterDeviceKind("npu", c10::kXPU);

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"npu\""), HasSubstr("privateuseone")));
}

TEST_F(VendorDevice, WithoutItsLibraryIsRefusedThoughRegistered) {
  ASSERT_TRUE(RegisterDeviceKind("mine", c10::kHPU).ok());

  EXPECT_EQ(NumDevices("mine"), 0);
  EXPECT_THAT(std::string(ParseDevice("mine").status().message()),
              HasSubstr("no backend for mine"));
}

TEST_F(VendorDevice, MemoryIsItsAllocators) {
  allocator_.allocated = 5;
  allocator_.peak = 7;
  allocator_.reserved = 9;

  const MemoryUse use = MemoryUseOf(device_);

  EXPECT_EQ(use.allocated, 5);
  EXPECT_EQ(use.max_allocated, 7);
  EXPECT_EQ(use.reserved, 9);
  EXPECT_EQ(use.max_reserved, 14);
  EXPECT_EQ(allocator_.asked_device, 2);
}

TEST_F(VendorDevice, WithoutAnIndexIsTheCurrentOne) {
  FakeGuard::setDeviceIndex(3);

  MemoryUseOf(c10::Device(c10::kPrivateUse1));

  EXPECT_EQ(allocator_.asked_device, 3);
}

TEST_F(VendorDevice, PeakIsResetByTheCallThatTellsIt) {
  allocator_.allocated = 3 << 20;
  allocator_.peak = (9 << 20) + 1;

  EXPECT_EQ(MaxMemoryMegabytes(device_), 9);
  EXPECT_EQ(MaxMemoryMegabytes(device_), 3);
}

TEST_F(VendorDevice, CacheIsEmptied) {
  allocator_.allocated = 5;
  allocator_.reserved = 9;

  EmptyCache(device_);

  EXPECT_EQ(MemoryUseOf(device_).reserved, 5);
}

TEST_F(VendorDevice, TellsItsMemorysSize) {
  const auto size = MemorySizeOf(device_);

  EXPECT_EQ(size->free_bytes, 100);
  EXPECT_EQ(size->total_bytes, 300);
}

TEST_F(VendorDevice, UnusedAllocatorHoldsNothing) {
  allocator_.is_initialized = false;
  allocator_.allocated = 5;

  EXPECT_EQ(MemoryUseOf(device_).allocated, 0);
  EmptyCache(device_);
  ResetPeakMemory(device_);
  allocator_.is_initialized = true;
  EXPECT_EQ(MemoryUseOf(device_).allocated, 5);
}

}  // namespace
}  // namespace anneal
