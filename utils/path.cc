#include "utils/path.h"

#include <cerrno>
#include <filesystem>

#include "utils/errno_status.h"

namespace anneal {

absl::Status MkdirOrExist(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return ErrnoStatus(error.value(), Access::kWrite, "make the folder", path);
  if (!std::filesystem::is_directory(path, error)) {
    return ErrnoStatus(ENOTDIR, Access::kWrite, "make the folder", path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AbsolutePath(const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError("the path is empty; name a place");
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) return ErrnoStatus(error.value(), Access::kRead, "resolve", path);
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace anneal
