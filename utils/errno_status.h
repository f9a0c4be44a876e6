// Failed system calls as Status.
#ifndef ANNEAL_UTILS_ERRNO_STATUS_H_
#define ANNEAL_UTILS_ERRNO_STATUS_H_

#include <string>

#include "absl/status/status.h"

namespace anneal {

// What a call wanted of a path: the remedy depends on it.
enum class Access { kRead, kWrite };

// "can't `what` `path`", the system's text for `error` (errno) and what to do
// about it. NotFound, PermissionDenied, AlreadyExists (a file is in the way of
// writing), InvalidArgument (a folder for a file, too long a name),
// ResourceExhausted (disk, quota, open files), else Unavailable. A path that
// leads through a file is NotFound for a reader.
absl::Status ErrnoStatus(int error, Access access, const std::string& what,
                         const std::string& path);

}  // namespace anneal

#endif  // ANNEAL_UTILS_ERRNO_STATUS_H_
