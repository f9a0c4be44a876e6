// Folders of the local file system.
#ifndef ANNEAL_UTILS_PATH_H_
#define ANNEAL_UTILS_PATH_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace anneal {

// Makes the folder and those above it; "" is the working folder.
// PermissionDenied, ResourceExhausted, AlreadyExists (a file is in the way),
// each naming the path and what to do.
absl::Status MkdirOrExist(const std::string& path);

// `path` from the root, without "." and ".."; the path need not exist.
// InvalidArgument where it is empty.
absl::StatusOr<std::string> AbsolutePath(const std::string& path);

}  // namespace anneal

#endif  // ANNEAL_UTILS_PATH_H_
