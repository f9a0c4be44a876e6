// HTTP requests, tried again where that helps.
#ifndef ANNEAL_FILEIO_HTTP_HTTP_CLIENT_H_
#define ANNEAL_FILEIO_HTTP_HTTP_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "fileio/http/curl_transport.h"
#include "fileio/http/http_transport.h"
#include "fileio/http/retry_policy.h"

namespace anneal {

struct HttpOptions {
  CurlOptions curl;
  RetryPolicy retry;
  // Of a GET or HEAD that is not signed; other requests follow none.
  int max_redirects = 10;
  std::string user_agent = "anneal";
};

// Sends requests: retries by the policy (each retry a line of the log, without
// credentials) and follows redirects. "user:word@" in a URL becomes basic
// authentication. Headers other than Range and If-... are not sent on where a
// redirect leads to another host, port or scheme; one from https to http is
// refused. Thread-safe.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options = {});
  // Over another transport, for tests.
  HttpClient(HttpOptions options,
             std::unique_ptr<const HttpTransport> transport);

  // The response, whatever its status, once it is none to try again for.
  // Errors: HttpTransport's; InvalidArgument for a malformed URL or a header
  // with a line end; FailedPrecondition for too many redirects.
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request) const;

  // Begins one attempt with its redirects, for who resumes on his own. The
  // client outlives it.
  std::unique_ptr<OngoingExchange> BeginAttempt(
      const HttpRequest& request, const BodyReceiver& receiver) const;

  // Waits before the next attempt after the `attempt`th ended as `exchange`.
  // False: give up.
  bool WaitToRetry(int attempt, const HttpExchange& exchange,
                   const HttpRequest& request) const;

  const HttpOptions& options() const { return options_; }

 private:
  const HttpOptions options_;
  const std::unique_ptr<const HttpTransport> transport_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_HTTP_CLIENT_H_
