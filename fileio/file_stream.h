// Bytes one piece after the other.
#ifndef ANNEAL_FILEIO_FILE_STREAM_H_
#define ANNEAL_FILEIO_FILE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace anneal {

// A file being read from its start. Not thread-safe.
class InputStream {
 public:
  virtual ~InputStream() = default;

  // Reads at most `size` bytes, one or more, into `buffer`: how many. 0 is the
  // end of the file, and only that: a file that is cut off is an error.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size) = 0;
  // Bytes of the whole file where that is known before it is read.
  virtual absl::optional<int64_t> size() const = 0;
};

// A file being written. Not thread-safe. Without a Close that succeeds nothing
// is left, and an older file of that name stays.
class OutputStream {
 public:
  virtual ~OutputStream() = default;

  // An error is remembered: Append and Close give it again, whatever comes
  // after, and the older file stays.
  virtual absl::Status Append(absl::string_view bytes) = 0;
  // Puts the file in place as a whole. Nothing is called after it.
  virtual absl::Status Close() = 0;
};

// A stream of bytes in memory.
std::unique_ptr<InputStream> InputFromBytes(std::string bytes);

// A stream whose Close sets `bytes`, which outlives it.
std::unique_ptr<OutputStream> OutputToBytes(std::string* bytes);

// How many bytes to reserve for a file that is said to have `size`: 1 GiB at
// most, since whoever serves it may make that up, and 0 where there is no
// memory for so many.
int64_t WorthReserving(absl::optional<int64_t> size);

// Reserves `size` bytes, those of a large file on large pages where the system
// has them: small ones take longer to get than to fill.
void Reserve(int64_t size, std::string* bytes);

// What is left of `input`.
absl::StatusOr<std::string> ReadAll(InputStream* input);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_FILE_STREAM_H_
