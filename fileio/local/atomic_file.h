// A file that appears whole or not at all.
#ifndef ANNEAL_FILEIO_LOCAL_ATOMIC_FILE_H_
#define ANNEAL_FILEIO_LOCAL_ATOMIC_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace anneal {

// Writes to a file without a name (where the file system has none, to
// .<name>.tmp.<random digits>) and puts it in place by a rename once everything
// is on the disk: whatever happens before, an older file of that name stays as
// it is. Nothing is left without Commit, also by a process that is killed.
class AtomicFile {
 public:
  // Makes the folders above `path`. `rights`: those of chmod that the file has
  // from its first byte on; by default 0644 less the umask. InvalidArgument
  // where `path` is a URI ("s3://bucket/f").
  static absl::StatusOr<std::unique_ptr<AtomicFile>> Create(
      const std::string& path, absl::optional<mode_t> rights = absl::nullopt);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // After an error it and Commit give that error again.
  absl::Status Append(absl::string_view bytes);
  // Bytes appended so far.
  int64_t size() const { return size_; }

  // fsync, rename, fsync of the folder. Nothing is called after it. On an error
  // the older file stands there as before, unless the last step failed, which
  // says so ("sync the folder"): then the new file stands there whole, but a
  // power cut may bring the older one back.
  absl::Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, int fd, bool has_name);
  // Makes the file known as `temporary_`.
  absl::Status GiveName();

  std::string path_;
  std::string temporary_;
  int fd_;
  bool has_name_;
  int64_t size_ = 0;
  absl::Status status_;  // the first error
};

// Puts on the disk which files a folder has. OK, without effect, where the file
// system can't sync folders (CIFS, some of FUSE).
absl::Status SyncFolder(const std::string& folder);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LOCAL_ATOMIC_FILE_H_
