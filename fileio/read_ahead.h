// Reading that goes on while its bytes are used.
#ifndef ANNEAL_FILEIO_READ_AHEAD_H_
#define ANNEAL_FILEIO_READ_AHEAD_H_

#include <array>
#include <cstddef>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "fileio/file_stream.h"

namespace anneal {

// Reads a stream by a thread of its own, at most a MiB ahead. `input` outlives
// it and is left alone meanwhile. Destroying it waits for the Read under way.
class ReadAhead {
 public:
  explicit ReadAhead(InputStream* input);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // The next bytes, valid until the next call; "" at the end.
  absl::StatusOr<absl::string_view> Next();

 private:
  struct Piece {
    std::vector<char> buffer;
    size_t size = 0;
  };

  void Run();

  InputStream* const input_;
  std::array<Piece, 4> pieces_;  // a ring
  absl::Mutex mutex_;
  // Pieces that were read, and that were used, since the start.
  size_t num_read_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t num_used_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_at_end_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool has_piece_ = false;  // Next's last one is in use

  std::thread thread_;  // the last: it uses the others
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_READ_AHEAD_H_
