// An object being written.
#ifndef ANNEAL_FILEIO_S3_S3_OUTPUT_H_
#define ANNEAL_FILEIO_S3_S3_OUTPUT_H_

#include <memory>

#include "fileio/file_stream.h"
#include "fileio/s3/s3_client.h"
#include "fileio/s3/s3_path.h"

namespace anneal {

// Uploads what is appended, in the background, in parts of
// S3Options::part_size, of which at most num_threads + 1 are in memory; parts
// grow after each 1000, so that 10000 hold 16 TB. A file of less than a part is
// put with Close, by one request. An error of a part comes from a later Append
// or Close; nothing is left of a file without a Close that succeeds. `client`
// outlives it.
std::unique_ptr<OutputStream> OpenS3Output(const S3Client* client,
                                           const S3Path& path);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_S3_OUTPUT_H_
