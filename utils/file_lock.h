// A lock between processes.
#ifndef ANNEAL_UTILS_FILE_LOCK_H_
#define ANNEAL_UTILS_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace anneal {

// Held by one object at a time, whatever process it is in, through flock(2) on
// a file, which is deleted at the end. A process that dies holds nothing.
// Between machines it works where the file system's flock does (NFS, Lustre
// with -o flock).
class FileLock {
 public:
  // Waits for the lock of `path`, whose folder exists; says so in the log where
  // it has to. The reason where the file can't be made.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(
      const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  FileLock(std::string path, int file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  int file_;
};

}  // namespace anneal

#endif  // ANNEAL_UTILS_FILE_LOCK_H_
