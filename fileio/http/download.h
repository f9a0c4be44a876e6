// Downloads that go on where a connection broke.
#ifndef ANNEAL_FILEIO_HTTP_DOWNLOAD_H_
#define ANNEAL_FILEIO_HTTP_DOWNLOAD_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "fileio/http/byte_sink.h"
#include "fileio/http/http_client.h"
#include "fileio/http/http_transport.h"

namespace anneal {

// Bytes of a file from `first` to `last`, both included; without `last` to its
// end.
struct ByteRange {
  int64_t first = 0;
  absl::optional<int64_t> last;
};

// Sends a GET and gives the body of its response to `sink`. After a cut it asks
// for the rest, under If-Range, and goes on only where the server's ETag or
// Last-Modified says that the file is still the same; a server without ranges
// is read from the start again and what is known skipped. Each attempt that
// brings a MiB or more gives a full number of attempts anew. A whole file is
// checked against the server's checksums (BodyChecksum).
//
// The response, whatever its status: `sink` was called for 200 and 206 only,
// and got all of the range. Aborted: the file changed meanwhile, or the server
// says nothing to tell, and `sink` can't Restart; DataLoss: the body is shorter
// than the server says, is another part of the file than was asked for (a 206
// to who asked for all, one that ends early or says not where the file ends),
// the status is another 2xx, or a checksum differs; `sink`'s and
// HttpClient::Send's errors.
absl::StatusOr<HttpResponse> Download(const HttpClient& client,
                                      const HttpRequest& request,
                                      const ByteRange& range, ByteSink* sink);

// A download under way, by one thread at a time. Destroying it breaks it off.
class OngoingDownload {
 public:
  virtual ~OngoingDownload() = default;

  // Gives what has come to the sink, as OngoingExchange does; after a cut it
  // waits and begins again. False: it is over.
  virtual bool Advance() = 0;
  // Download's, once Advance said that it is over.
  virtual absl::StatusOr<HttpResponse>& result() = 0;
};

// Download, step by step. `client` and `sink` outlive it.
std::unique_ptr<OngoingDownload> BeginDownload(const HttpClient& client,
                                               const HttpRequest& request,
                                               const ByteRange& range,
                                               ByteSink* sink);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_DOWNLOAD_H_
