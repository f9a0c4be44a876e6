// Files and folders of the local file system.
#ifndef ANNEAL_UTILS_PATH_H_
#define ANNEAL_UTILS_PATH_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace anneal {

// Makes the folder and those above it; "" is the working folder.
// PermissionDenied, ResourceExhausted, AlreadyExists (a file is in the way),
// each naming the path and what to do.
absl::Status MkdirOrExist(const std::string& path);

// `path` from the root, without "." and ".."; the path need not exist.
// InvalidArgument where it is empty.
absl::StatusOr<std::string> AbsolutePath(const std::string& path);

// Python's os.path.expanduser: a leading "~" or "~name" is that user's home,
// $HOME for "~"; left as it is where there is none.
std::string ExpandUser(const std::string& path);

// Whether `path` begins at a root: "/", "http://", "https://" or "s3://".
bool IsAbs(absl::string_view path);

// NotFound unless `path` is a file, a link to one too.
absl::Status CheckFileExist(const std::string& path);

// Makes the link `to`, which points to `from`, in one step. `overwrite`: a file
// or link there is replaced, a folder is not. AlreadyExists otherwise.
absl::Status Symlink(const std::string& from, const std::string& to,
                     bool overwrite = true);

struct ScanOptions {
  // Only files whose path ends in one of them; none: all files.
  std::vector<std::string> suffixes;
  bool recursive = false;
  // Whether upper and lower case differ in suffixes.
  bool case_sensitive = true;
};

// The files in `folder`, relative to it, sorted. Hidden files are left out;
// hidden folders are gone into, as mmengine's scandir does. A link to a folder
// above itself is followed once. NotFound, PermissionDenied.
absl::StatusOr<std::vector<std::string>> ScanDir(
    const std::string& folder, const ScanOptions& options = {});

// The nearest folder that has one of `markers`, from `path` (or its folder, if
// it is a file) upwards; nullopt where there is none.
absl::optional<std::string> FindVcsRoot(
    const std::string& path,
    const std::vector<std::string>& markers = {".git"});

}  // namespace anneal

#endif  // ANNEAL_UTILS_PATH_H_
