// A download as a stream.
#ifndef ANNEAL_FILEIO_HTTP_DOWNLOAD_STREAM_H_
#define ANNEAL_FILEIO_HTTP_DOWNLOAD_STREAM_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fileio/file_stream.h"
#include "fileio/http/http_client.h"
#include "fileio/http/http_transport.h"

namespace anneal {

// Sends the GET and gives its body, which is read, and resumed (Download), by
// the thread that calls Read: ahead of it is only what the system's socket
// holds, some MiB. `to_status` says what a response means; errors come from
// here or, once bytes came, from Read. `client` outlives the stream, which may
// be destroyed at any time.
absl::StatusOr<std::unique_ptr<InputStream>> OpenDownload(
    const HttpClient& client, const HttpRequest& request,
    std::function<absl::Status(const HttpResponse&)> to_status);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_DOWNLOAD_STREAM_H_
