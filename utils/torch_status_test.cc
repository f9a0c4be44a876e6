#include "utils/torch_status.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/distributed/c10d/exception.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

// Address Sanitizer's allocator ends the program otherwise.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TorchStatus, NoExceptionIsOk) {
  EXPECT_TRUE(CatchTorchError([] {}).ok());
}

TEST(TorchStatus, ReturnedStatusPasses) {
  const absl::Status status =
      CatchTorchError([] { return absl::NotFoundError("gone"); });

  EXPECT_EQ(status, absl::NotFoundError("gone"));
}

TEST(TorchStatus, ReturnedValuePassesAlsoIfItOnlyMoves) {
  const absl::StatusOr<std::unique_ptr<int>> result =
      CatchTorchError([] { return std::make_unique<int>(3); });

  EXPECT_EQ(**result, 3);
}

TEST(TorchStatus, ReturnedStatusOrIsNotNested) {
  const auto result =
      CatchTorchError([]() -> absl::StatusOr<int> { return 3; });

  static_assert(
      std::is_same_v<std::decay_t<decltype(result)>, absl::StatusOr<int>>);
  EXPECT_EQ(*result, 3);
}

TEST(TorchStatus, OperatorsMessageComesWithoutBacktrace) {
  const absl::Status status =
      CatchTorchError([] {
        return at::matmul(at::ones({2, 3}), at::ones({2}));
      }).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("2x3"), Not(HasSubstr("frame #"))));
}

struct Thrown {
  const char* name;
  void (*fn)();
  absl::StatusCode code;
  const char* word;
};

class TorchStatusOf : public ::testing::TestWithParam<Thrown> {};

TEST_P(TorchStatusOf, HasItsCodeAndMessage) {
  const absl::Status status = CatchTorchError(GetParam().fn);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(
    Exceptions, TorchStatusOf,
    ::testing::Values(
        Thrown{"Memory",
               [] { TORCH_CHECK_WITH(OutOfMemoryError, false, "full"); },
               absl::StatusCode::kResourceExhausted, "full"},
        Thrown{"CpuMemory", [] { at::empty({int64_t{1} << 60}, at::kByte); },
               absl::StatusCode::kResourceExhausted, "allocate"},
        Thrown{"Value", [] { TORCH_CHECK_VALUE(false, "odd"); },
               absl::StatusCode::kInvalidArgument, "odd"},
        Thrown{"Type", [] { TORCH_CHECK_TYPE(false, "a byte"); },
               absl::StatusCode::kInvalidArgument, "a byte"},
        Thrown{"Index", [] { TORCH_CHECK_INDEX(false, "7 of 3"); },
               absl::StatusCode::kInvalidArgument, "7 of 3"},
        Thrown{"NotImplemented",
               [] { TORCH_CHECK_NOT_IMPLEMENTED(false, "no kernel"); },
               absl::StatusCode::kUnimplemented, "no kernel"},
        Thrown{"Backend",
               [] { C10_THROW_ERROR(DistBackendError, "NCCL died"); },
               absl::StatusCode::kUnavailable, "NCCL died"},
        Thrown{
            "Store",
            [] { C10_THROW_ERROR(DistStoreError, "wait timeout after 3ms"); },
            absl::StatusCode::kDeadlineExceeded, "after 3ms"},
        Thrown{"Network",
               [] { C10D_THROW_ERROR(SocketError, "connection refused"); },
               absl::StatusCode::kUnavailable, "refused"},
        Thrown{"Deadline",
               [] { C10D_THROW_ERROR(TimeoutError, "2 of 3 came"); },
               absl::StatusCode::kDeadlineExceeded, "2 of 3 came"},
        Thrown{"Gloo",
               [] {
                 throw std::runtime_error(
                     "[third_party/gloo/gloo/transport/tcp/pair.cc:534] "
                     "Connection closed by peer [127.0.0.1]:9531");
               },
               absl::StatusCode::kUnavailable, "closed by peer"},
        Thrown{"GlooTimeout",
               [] {
                 throw std::runtime_error(
                     "[third_party/gloo/gloo/transport/tcp/unbound_buffer.cc"
                     ":78] Timed out waiting 2000ms for recv operation");
               },
               absl::StatusCode::kDeadlineExceeded, "2000ms"},
        Thrown{"Check", [] { TORCH_CHECK(false, "broken"); },
               absl::StatusCode::kInternal, "broken"},
        Thrown{"BadAlloc", [] { throw std::bad_alloc(); },
               absl::StatusCode::kResourceExhausted, "out of memory"},
        Thrown{"Standard", [] { throw std::runtime_error("standard"); },
               absl::StatusCode::kInternal, "standard"},
        Thrown{"Unknown", [] { throw 7; }, absl::StatusCode::kInternal,
               "unknown type"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
