#include "fileio/local/local_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "fileio/local/atomic_file.h"
#include "utils/errno_status.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

class LocalInput : public InputStream {
 public:
  LocalInput(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~LocalInput() override { close(fd_); }

  // Refuses a folder.
  absl::Status Look() {
    struct stat info;
    int error = fstat(fd_, &info) == 0 ? 0 : errno;
    if (error == 0 && S_ISDIR(info.st_mode)) error = EISDIR;
    if (error != 0) return ErrnoStatus(error, Access::kRead, "read", path_);
    // Files of /proc have the size 0 and content.
    if (S_ISREG(info.st_mode) && info.st_size > 0) size_ = info.st_size;
    return absl::OkStatus();
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    while (true) {
      const ssize_t got = read(fd_, buffer, size);
      if (got >= 0) return got;
      if (errno != EINTR) {
        return ErrnoStatus(errno, Access::kRead, "read", path_);
      }
    }
  }
  absl::optional<int64_t> size() const override { return size_; }

 private:
  const std::string path_;
  const int fd_;
  absl::optional<int64_t> size_;
};

class LocalOutput : public OutputStream {
 public:
  explicit LocalOutput(std::unique_ptr<AtomicFile> file)
      : file_(std::move(file)) {}

  absl::Status Append(absl::string_view bytes) override {
    return file_->Append(bytes);
  }
  absl::Status Close() override { return file_->Commit(); }

 private:
  const std::unique_ptr<AtomicFile> file_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<InputStream>> OpenLocalInput(
    const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, Access::kRead, "read", path);
  auto input = std::make_unique<LocalInput>(path, fd);
  RETURN_IF_ERROR(input->Look());
  return input;
}

absl::StatusOr<std::unique_ptr<OutputStream>> OpenLocalOutput(
    const std::string& path, absl::optional<mode_t> rights) {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path, rights));
  return std::make_unique<LocalOutput>(std::move(file));
}

}  // namespace anneal
