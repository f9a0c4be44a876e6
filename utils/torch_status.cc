#include "utils/torch_status.h"

#include <c10/util/Exception.h>
#include <torch/csrc/distributed/c10d/exception.h>

#include <exception>
#include <new>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace anneal {
namespace {

// Of what goes between ranks; the text alone says that a time ran out.
absl::Status StatusOfRanks(absl::string_view message) {
  const std::string lower = absl::AsciiStrToLower(message);
  for (const char* words : {"timed out", "timeout"}) {
    if (absl::StrContains(lower, words)) {
      return absl::DeadlineExceededError(message);
    }
  }
  return absl::UnavailableError(message);
}

}  // namespace

absl::Status StatusFromCurrentException() {
  try {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(error.what_without_backtrace());
  } catch (const c10::NotImplementedError& error) {
    return absl::UnimplementedError(error.what_without_backtrace());
  } catch (const c10::ValueError& error) {
    return absl::InvalidArgumentError(error.what_without_backtrace());
  } catch (const c10::TypeError& error) {
    return absl::InvalidArgumentError(error.what_without_backtrace());
  } catch (const c10::IndexError& error) {
    return absl::InvalidArgumentError(error.what_without_backtrace());
  } catch (const c10d::TimeoutError& error) {
    return absl::DeadlineExceededError(error.what_without_backtrace());
  } catch (const c10::DistError& error) {
    return StatusOfRanks(error.what_without_backtrace());
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    // The CPU's allocator has no type of its own for it.
    if (absl::StrContains(message, "DefaultCPUAllocator: ")) {
      return absl::ResourceExhaustedError(message);
    }
    return absl::InternalError(message);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const std::exception& error) {
    // Gloo's exceptions are of no type that can be named here; their text
    // begins with a file of its.
    if (absl::StrContains(error.what(), "gloo/")) {
      return StatusOfRanks(error.what());
    }
    return absl::InternalError(error.what());
  } catch (...) {
    return absl::InternalError("an exception of unknown type");
  }
}

}  // namespace anneal
