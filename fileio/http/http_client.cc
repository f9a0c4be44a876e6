#include "fileio/http/http_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "fileio/http/redirects.h"
#include "fileio/http/url.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {

HttpClient::HttpClient(HttpOptions options)
    : HttpClient(options, std::make_unique<CurlTransport>(options.curl)) {}

HttpClient::HttpClient(HttpOptions options,
                       std::unique_ptr<const HttpTransport> transport)
    : options_(std::move(options)), transport_(std::move(transport)) {}

std::unique_ptr<OngoingExchange> HttpClient::BeginAttempt(
    const HttpRequest& request, const BodyReceiver& receiver) const {
  HttpRequest sent = request;
  sent.headers.emplace("user-agent", options_.user_agent);
  return FollowRedirects(*transport_, sent, receiver, options_.max_redirects);
}

bool HttpClient::WaitToRetry(int attempt, const HttpExchange& exchange,
                             const HttpRequest& request) const {
  const absl::Duration pause = options_.retry.PauseAfter(attempt, exchange);
  if (pause == absl::InfiniteDuration()) return false;
  // A failed transfer's message begins with the URL.
  const std::string what =
      exchange.status.ok()
          ? absl::StrCat(RedactUrl(request.url), ": the server answered ",
                         exchange.response.status)
          : std::string(exchange.status.message());
  ANNEAL_LOG(WARNING) << what << "; trying again in "
                      << absl::FormatDuration(
                             absl::Trunc(pause, absl::Milliseconds(1)))
                      << " (attempt " << attempt << " of "
                      << options_.retry.max_attempts << " failed)";
  options_.retry.sleep(pause);
  return true;
}

absl::StatusOr<HttpResponse> HttpClient::Send(
    const HttpRequest& request) const {
  for (int attempt = 1;; ++attempt) {
    HttpExchange exchange = Finish(BeginAttempt(request, nullptr));
    if (WaitToRetry(attempt, exchange, request)) continue;
    RETURN_IF_ERROR(exchange.status);
    return std::move(exchange.response);
  }
}

}  // namespace anneal
