// LibTorch's exceptions at the edges where they become a Status.
#ifndef ANNEAL_UTILS_TORCH_STATUS_H_
#define ANNEAL_UTILS_TORCH_STATUS_H_

#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anneal {

// The exception being handled as a Status, without LibTorch's C++ backtrace:
// ResourceExhausted where memory ran out, InvalidArgument for what LibTorch
// calls a wrong value, type or index, Unimplemented for a missing kernel;
// DeadlineExceeded for a collective or a rendezvous that took longer than it
// may, and Unavailable where it failed otherwise; else Internal. Called in a
// catch (...) block.
absl::Status StatusFromCurrentException();

// What CatchTorchError returns for an `fn` that returns T.
template <typename T>
struct CaughtResult {
  using type = absl::StatusOr<T>;
};
template <>
struct CaughtResult<void> {
  using type = absl::Status;
};
template <>
struct CaughtResult<absl::Status> {
  using type = absl::Status;
};
template <typename T>
struct CaughtResult<absl::StatusOr<T>> {
  using type = absl::StatusOr<T>;
};

// Runs `fn` and turns what it throws into a Status. Returns a Status where `fn`
// returns void or a Status, else a StatusOr of what it returns.
template <typename Fn>
typename CaughtResult<decltype(std::declval<Fn>()())>::type CatchTorchError(
    Fn&& fn) {
  try {
    if constexpr (std::is_void_v<decltype(std::declval<Fn>()())>) {
      std::forward<Fn>(fn)();
      return absl::OkStatus();
    } else {
      return std::forward<Fn>(fn)();
    }
  } catch (...) {
    return StatusFromCurrentException();
  }
}

}  // namespace anneal

#endif  // ANNEAL_UTILS_TORCH_STATUS_H_
