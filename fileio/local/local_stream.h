// Streams of local files.
#ifndef ANNEAL_FILEIO_LOCAL_LOCAL_STREAM_H_
#define ANNEAL_FILEIO_LOCAL_LOCAL_STREAM_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "fileio/file_stream.h"

namespace anneal {

// A regular file, a pipe, a device. NotFound, PermissionDenied,
// InvalidArgument (a folder), each naming the path.
absl::StatusOr<std::unique_ptr<InputStream>> OpenLocalInput(
    const std::string& path);

// AtomicFile as a stream; makes the folders above `path`. `rights`: as of
// AtomicFile::Create.
absl::StatusOr<std::unique_ptr<OutputStream>> OpenLocalOutput(
    const std::string& path, absl::optional<mode_t> rights = absl::nullopt);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LOCAL_LOCAL_STREAM_H_
