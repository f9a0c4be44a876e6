#include "logging/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "utils/errno_status.h"
#include "utils/status_macros.h"

namespace anneal {

absl::StatusOr<std::unique_ptr<LogFile>> LogFile::Open(const Options& options) {
  if (options.file_mode != "w" && options.file_mode != "a") {
    return absl::InvalidArgumentError(
        absl::StrCat("file_mode is \"", options.file_mode,
                     "\"; it must be w (anew) or a (go on at the end)"));
  }
  if (options.max_bytes < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_bytes of the log file is ", options.max_bytes,
                     "; it must be at least 0, which is no limit"));
  }
  if (options.backup_count < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("backup_count of the log file is ", options.backup_count,
                     "; it must be at least 1"));
  }
  std::unique_ptr<LogFile> file(new LogFile(options));
  RETURN_IF_ERROR(file->OpenAt(options.file_mode == "w" ? O_TRUNC : 0));
  return file;
}

LogFile::~LogFile() {
  if (file_ >= 0) close(file_);
}

void LogFile::Write(absl::string_view line) {
  absl::Status status;
  if (options_.max_bytes > 0 && size_ > 0 &&
      size_ + static_cast<int64_t>(line.size()) >= options_.max_bytes) {
    status = Rotate();
  }
  const absl::Status written = Append(line);
  if (status.ok()) status = written;
  if (status.ok() || has_failed_) return;
  has_failed_ = true;
  std::fprintf(
      stderr, "%s%s\n", std::string(status.message()).c_str(),
      written.ok() ? "; the file grows on" : "; lines are missing there");
}

absl::Status LogFile::OpenAt(int flags) {
  const int file =
      open(options_.path.c_str(),
           O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0666);
  if (file < 0) {
    return ErrnoStatus(errno, Access::kWrite, "open the log file",
                       options_.path);
  }
  if (file_ >= 0) close(file_);
  file_ = file;
  struct stat info;
  size_ = fstat(file_, &info) == 0 ? info.st_size : 0;
  return absl::OkStatus();
}

absl::Status LogFile::Append(absl::string_view line) {
  while (!line.empty()) {
    const ssize_t written = write(file_, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return ErrnoStatus(written < 0 ? errno : EIO, Access::kWrite,
                         "write the log file", options_.path);
    }
    size_ += written;
    line.remove_prefix(written);
  }
  return absl::OkStatus();
}

absl::Status LogFile::Rotate() {
  // From the oldest, which the next one replaces. One that is missing leaves a
  // gap.
  for (int i = options_.backup_count; i >= 1; --i) {
    const std::string from =
        i == 1 ? options_.path : absl::StrCat(options_.path, ".", i - 1);
    const std::string to = absl::StrCat(options_.path, ".", i);
    if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
      return ErrnoStatus(errno, Access::kWrite, "rotate the log file", from);
    }
  }
  return OpenAt(0);
}

std::string RankLogPath(const std::string& path, absl::string_view host,
                        absl::string_view device, int rank) {
  const size_t slash = path.rfind('/');
  const size_t name = slash == path.npos ? 0 : slash + 1;
  // Python's os.path.splitext: leading points are no suffix.
  const size_t first = path.find_first_not_of('.', name);
  size_t point = path.rfind('.');
  if (point == path.npos || first == path.npos || point < first) {
    point = path.size();
  }
  return absl::StrCat(path.substr(0, point), host.empty() ? "" : "_", host,
                      "_device", device, "_rank", rank, path.substr(point));
}

}  // namespace anneal
