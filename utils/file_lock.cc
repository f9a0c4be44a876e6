#include "utils/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/memory/memory.h"
#include "logging/log.h"
#include "utils/errno_status.h"

namespace anneal {
namespace {

// Whether `file` is what `path` names: its last holder may have deleted it.
bool IsAt(int file, const std::string& path) {
  struct stat held;
  struct stat named;
  return fstat(file, &held) == 0 && stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

// flock that no signal ends.
int Flock(int file, int operation) {
  int result;
  do {
    result = flock(file, operation);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Acquire(
    const std::string& path) {
  while (true) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
      return ErrnoStatus(errno, Access::kWrite, "make the lock", path);
    }
    int result = Flock(file, LOCK_EX | LOCK_NB);
    if (result != 0 && errno == EWOULDBLOCK) {
      ANNEAL_LOG(INFO) << "Waits for another process, which holds " << path;
      result = Flock(file, LOCK_EX);
    }
    if (result != 0) {
      const int error = errno;
      close(file);
      return ErrnoStatus(error, Access::kWrite, "lock", path);
    }
    if (IsAt(file, path)) return absl::WrapUnique(new FileLock(path, file));
    close(file);
  }
}

FileLock::~FileLock() {
  unlink(path_.c_str());
  close(file_);
}

}  // namespace anneal
