// A file that appears whole or not at all.
#ifndef ANNEAL_FILEIO_ATOMIC_FILE_H_
#define ANNEAL_FILEIO_ATOMIC_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// Writes beside `path`, as .<name>.tmp.<pid>, and puts the file in place by a
// rename once everything is on the disk: whatever happens before, an older file
// of that name stays as it is. Without Commit the temporary file is removed.
class AtomicFile {
 public:
  // Makes the folders above `path`.
  static absl::StatusOr<std::unique_ptr<AtomicFile>> Create(
      const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  absl::Status Append(absl::string_view bytes);
  // Bytes appended so far.
  int64_t size() const { return size_; }

  // fsync, rename, fsync of the folder. Nothing is called after it.
  absl::Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, int fd);

  std::string path_;
  std::string temporary_;
  int fd_;
  int64_t size_ = 0;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_ATOMIC_FILE_H_
