#include "fileio/local/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "utils/errno_status.h"

namespace anneal {

absl::StatusOr<MappedFile> MappedFile::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, Access::kRead, "read", path);
  struct stat info;
  int error = fstat(fd, &info) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(info.st_mode)) error = EISDIR;
  void* data = nullptr;
  if (error == 0 && info.st_size > 0) {
    data = mmap(nullptr, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) error = errno;
  }
  close(fd);
  if (error != 0) return ErrnoStatus(error, Access::kRead, "read", path);
  return MappedFile(absl::string_view(static_cast<char*>(data), info.st_size));
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(other.bytes_) {
  other.bytes_ = absl::string_view();
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace anneal
