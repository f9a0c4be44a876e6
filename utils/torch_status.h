// LibTorch's exceptions at the edges where they become a Status.
#ifndef ANNEAL_UTILS_TORCH_STATUS_H_
#define ANNEAL_UTILS_TORCH_STATUS_H_

#include <type_traits>
#include <utility>

#include "absl/status/status.h"

namespace anneal {

// The exception being handled as a Status, without LibTorch's C++ backtrace:
// ResourceExhausted where memory ran out, else Internal. Called in a catch
// (...) block.
absl::Status StatusFromCurrentException();

// Runs `fn`, which returns void or absl::Status, and turns what it throws into
// a Status.
template <typename Fn>
absl::Status CatchTorchError(Fn&& fn) {
  try {
    if constexpr (std::is_void_v<decltype(fn())>) {
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
