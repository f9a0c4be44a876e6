// From one stream to another.
#ifndef ANNEAL_FILEIO_COPY_STREAM_H_
#define ANNEAL_FILEIO_COPY_STREAM_H_

#include "absl/status/status.h"
#include "fileio/file_stream.h"

namespace anneal {

// Appends what is left of `input` and closes `output`. Of a large file a thread
// reads the next bytes while this one writes the last.
absl::Status CopyStream(InputStream* input, OutputStream* output);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_COPY_STREAM_H_
