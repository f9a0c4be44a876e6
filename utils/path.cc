#include "utils/path.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace anneal {

absl::Status ErrnoStatus(int error, const std::string& what,
                         const std::string& path) {
  const std::string message =
      absl::StrCat("can't ", what, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(absl::StrCat(message, "; check the path"));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(
          absl::StrCat(message, "; choose a place you may write to"));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(
          absl::StrCat(message, "; make room on the disk or choose another"));
    case EEXIST:
    case ENOTDIR:
      return absl::AlreadyExistsError(
          absl::StrCat(message,
                       "; a file is in the way: remove it or choose "
                       "another path"));
    case EMFILE:
    case ENFILE:
      return absl::ResourceExhaustedError(
          absl::StrCat(message, "; raise the limit (ulimit -n)"));
    case EISDIR:
      return absl::InvalidArgumentError(
          absl::StrCat(message, "; name a file, not a folder"));
    case ENAMETOOLONG:
      return absl::InvalidArgumentError(
          absl::StrCat(message, "; choose a shorter path"));
    default:
      return absl::UnavailableError(message);
  }
}

absl::Status MkdirOrExist(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ErrnoStatus(error.value(), "make the folder", path);
  if (!std::filesystem::is_directory(path, error)) {
    return ErrnoStatus(ENOTDIR, "make the folder", path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AbsolutePath(const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError("the path is empty; name a place");
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) return ErrnoStatus(error.value(), "resolve", path);
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace anneal
