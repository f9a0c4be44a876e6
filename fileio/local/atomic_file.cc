#include "fileio/local/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "fileio/uri.h"
#include "utils/errno_status.h"
#include "utils/path.h"
#include "utils/status_macros.h"

namespace anneal {

namespace {

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// A name beside `path` that no other thread, process or machine takes.
std::string NameAside(const std::filesystem::path& path) {
  constexpr size_t kLongest = 200;  // of the 255 that a name may have
  std::random_device random;
  return (path.parent_path() /
          absl::StrFormat(".%s.tmp.%08x%08x",
                          path.filename().string().substr(0, kLongest),
                          random(), random()))
      .string();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AtomicFile>> AtomicFile::Create(
    const std::string& path, absl::optional<mode_t> rights) {
  RETURN_IF_ERROR(CheckIsLocal(path));
  RETURN_IF_ERROR(MkdirOrExist(FolderOf(path)));
  const std::string temporary = NameAside(path);
  const mode_t mode = rights.value_or(0644);
  int fd = open(FolderOf(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  const bool has_name = fd < 0;
  if (has_name) {  // not every file system has files without a name
    fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  }
  if (fd < 0) return ErrnoStatus(errno, Access::kWrite, "write", path);
  std::unique_ptr<AtomicFile> file(
      new AtomicFile(path, temporary, fd, has_name));
  // Past the umask.
  if (rights.has_value() && fchmod(fd, mode) != 0) {
    return ErrnoStatus(errno, Access::kWrite, "set the rights of", path);
  }
  return file;
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int fd,
                       bool has_name)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      fd_(fd),
      has_name_(has_name) {}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (has_name_) unlink(temporary_.c_str());
}

absl::Status AtomicFile::Append(absl::string_view bytes) {
  while (status_.ok() && !bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      status_ = ErrnoStatus(errno, Access::kWrite, "write", path_);
      return status_;
    }
    size_ += written;
    bytes.remove_prefix(written);
  }
  return status_;
}

absl::Status AtomicFile::GiveName() {
  const std::string self = absl::StrCat("/proc/self/fd/", fd_);
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, temporary_.c_str(),
             AT_SYMLINK_FOLLOW) != 0) {
    return ErrnoStatus(errno, Access::kWrite, "write", path_);
  }
  has_name_ = true;
  return absl::OkStatus();
}

absl::Status AtomicFile::Commit() {
  RETURN_IF_ERROR(status_);
  if (fsync(fd_) != 0)
    return ErrnoStatus(errno, Access::kWrite, "write", path_);
  if (!has_name_) RETURN_IF_ERROR(GiveName());
  const int closed = close(fd_);
  fd_ = -1;
  if (closed != 0) return ErrnoStatus(errno, Access::kWrite, "write", path_);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    return ErrnoStatus(errno, Access::kWrite, "replace", path_);
  }
  has_name_ = false;
  return SyncFolder(FolderOf(path_));
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int error = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0) close(fd);
  if (error == 0 || error == EINVAL || error == ENOTSUP) {
    return absl::OkStatus();
  }
  return ErrnoStatus(error, Access::kWrite, "sync the folder", folder);
}

}  // namespace anneal
