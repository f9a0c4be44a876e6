// Memory that processes of one machine share.
#ifndef ANNEAL_DIST_SHARED_MEMORY_SHARED_SEGMENT_H_
#define ANNEAL_DIST_SHARED_MEMORY_SHARED_SEGMENT_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace c10d {
class Store;
}

namespace anneal::dist {

// Rank 0 makes the memory without a name (memfd), the others open it through
// /proc, so nothing is left behind however the processes end, and /dev/shm and
// its limit in containers play no part.
class SharedSegment {
 public:
  // `bytes` bytes of zeros. All ranks call it; `store` is theirs alone, a
  // c10d::PrefixStore. FailedPrecondition, with the same reason on all ranks,
  // where they can't share memory: on different machines or in different
  // containers, of different users, or where the system does not let them.
  // DeadlineExceeded for ranks that don't come within `timeout`; Unavailable
  // for other errors of the store.
  static absl::StatusOr<std::unique_ptr<SharedSegment>> Create(
      c10d::Store& store, int rank, int size, size_t bytes,
      absl::Duration timeout);
  ~SharedSegment();
  SharedSegment(const SharedSegment&) = delete;
  SharedSegment& operator=(const SharedSegment&) = delete;

  // Aligned to a page.
  char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  SharedSegment(char* data, size_t size) : data_(data), size_(size) {}

  char* data_;
  size_t size_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_SHARED_SEGMENT_H_
