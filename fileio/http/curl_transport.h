// HTTP by libcurl.
#ifndef ANNEAL_FILEIO_HTTP_CURL_TRANSPORT_H_
#define ANNEAL_FILEIO_HTTP_CURL_TRANSPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "fileio/http/http_transport.h"

namespace anneal {

struct CurlOptions {
  absl::Duration connect_timeout = absl::Seconds(10);
  // A transfer that brings less than min_rate bytes a second for so long has
  // failed. Rounded up to seconds.
  absl::Duration stall_timeout = absl::Seconds(30);
  int min_rate = 1;
  // PEM certificates of the authorities to trust. "": the file that the
  // environment's CURL_CA_BUNDLE or SSL_CERT_FILE names, else the system's.
  std::string ca_file;
};

// Keeps connections and uses them again. Proxies come from the environment
// (http_proxy, https_proxy, all_proxy, no_proxy). Certificates are always
// verified.
class CurlTransport : public HttpTransport {
 public:
  explicit CurlTransport(const CurlOptions& options = {});
  ~CurlTransport() override;

  // Errors show the URL redacted. Unavailable: no connection, or it broke;
  // DeadlineExceeded: too slow; Unauthenticated: a certificate that can't be
  // trusted; InvalidArgument: a malformed URL; DataLoss: a body shorter than
  // its Content-Length. One that is longer ends at it, as HTTP has it: only a
  // checksum can tell.
  std::unique_ptr<OngoingExchange> Begin(
      const HttpRequest& request, const BodyReceiver& receiver) const override;

 private:
  // libcurl's handles for one exchange at a time, with their connections.
  struct Handles;
  // Handles that are back in `idle_` when it is destroyed.
  class Lease;
  // An exchange of this transport.
  class CurlExchange;

  const CurlOptions options_;
  mutable absl::Mutex mutex_;
  // The last ones used are taken first, their connections being warm.
  mutable std::vector<std::unique_ptr<Handles>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_CURL_TRANSPORT_H_
