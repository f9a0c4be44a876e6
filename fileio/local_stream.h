// Streams of local files.
#ifndef ANNEAL_FILEIO_LOCAL_STREAM_H_
#define ANNEAL_FILEIO_LOCAL_STREAM_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "fileio/file_stream.h"

namespace anneal {

// A regular file, a pipe, a device. NotFound, PermissionDenied,
// InvalidArgument (a folder), each naming the path.
absl::StatusOr<std::unique_ptr<InputStream>> OpenLocalInput(
    const std::string& path);

// AtomicFile as a stream; makes the folders above `path`.
absl::StatusOr<std::unique_ptr<OutputStream>> OpenLocalOutput(
    const std::string& path);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LOCAL_STREAM_H_
