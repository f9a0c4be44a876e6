#include "utils/errno_status.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace anneal {

absl::Status ErrnoStatus(int error, Access access, const std::string& what,
                         const std::string& path) {
  const bool reads = access == Access::kRead;
  const std::string message =
      absl::StrCat("can't ", what, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(absl::StrCat(message, "; check the path"));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(absl::StrCat(
          message, reads ? "; ask for the right to read it (chmod, chown)"
                         : "; choose a place you may write to"));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(
          absl::StrCat(message, "; make room on the disk or choose another"));
    case ENOTDIR:
      if (reads) {
        return absl::NotFoundError(absl::StrCat(
            message, "; a file stands where the path has a folder: check it"));
      }
      [[fallthrough]];
    case EEXIST:
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

}  // namespace anneal
