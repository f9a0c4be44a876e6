// A large file by several connections.
#ifndef ANNEAL_FILEIO_S3_PARALLEL_DOWNLOAD_H_
#define ANNEAL_FILEIO_S3_PARALLEL_DOWNLOAD_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "fileio/http/http_client.h"
#include "fileio/http/http_transport.h"

namespace anneal {

// Sends a GET and gives the response with its body. A file of which the head
// says that it has a strong ETag and more than two parts is read by ranges of
// `part_size` bytes, `num_threads` at a time, each under If-Match. Checked
// against the server's checksums as a whole. Download's errors; Aborted where
// the file changed meanwhile.
absl::StatusOr<HttpResponse> DownloadInParallel(const HttpClient& client,
                                                const HttpRequest& request,
                                                int64_t part_size,
                                                int num_threads);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_PARALLEL_DOWNLOAD_H_
