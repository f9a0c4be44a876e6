#include "fileio/http/http_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "fileio/http/url.h"
#include "fileio/uri.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

bool IsSentToOthers(const std::string& header) {
  return header == "range" || header == "user-agent" ||
         absl::StartsWith(header, "if-");
}

// Where `location` leads from `base` (RFC 3986, 5.2, but without removing dot
// segments, which servers do).
absl::StatusOr<Url> Resolve(const Url& base, const std::string& location) {
  if (SchemeLength(location) > 0) return Url::Parse(location);
  if (absl::StartsWith(location, "//")) {
    return Url::Parse(absl::StrCat(base.scheme, ":", location));
  }
  const std::string origin = absl::StrCat(base.scheme, "://", base.host);
  if (absl::StartsWith(location, "/")) {
    return Url::Parse(absl::StrCat(origin, location));
  }
  if (absl::StartsWith(location, "?")) {
    return Url::Parse(absl::StrCat(origin, base.path, location));
  }
  return Url::Parse(absl::StrCat(
      origin, base.path.substr(0, base.path.rfind('/') + 1), location));
}

// Credentials of the URL travel as a header, so that no message of a library
// can show them.
void MoveUserInfo(Url* url, HttpRequest* request) {
  if (!url->user_info.empty()) {
    request->headers.emplace(
        "authorization",
        absl::StrCat("Basic ",
                     absl::Base64Escape(PercentDecode(url->user_info))));
    url->user_info.clear();
  }
  request->url = url->ToString();
}

HttpExchange Failed(const absl::Status& status) {
  HttpExchange exchange;
  exchange.status = status;
  return exchange;
}

absl::Status CheckHeaders(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (absl::StrContains(name, "\n") || absl::StrContains(value, "\n") ||
        absl::StrContains(name, "\r") || absl::StrContains(value, "\r")) {
      return absl::InvalidArgumentError(
          absl::StrCat(RedactUrl(request.url), ": header ", absl::CEscape(name),
                       " has a line end in it"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

HttpClient::HttpClient(HttpOptions options)
    : HttpClient(options, std::make_unique<CurlTransport>(options.curl)) {}

HttpClient::HttpClient(HttpOptions options,
                       std::unique_ptr<const HttpTransport> transport)
    : options_(std::move(options)), transport_(std::move(transport)) {}

HttpExchange HttpClient::Attempt(const HttpRequest& request,
                                 const BodyReceiver& receiver) const {
  absl::StatusOr<Url> url = Url::Parse(request.url);
  if (!url.ok()) return Failed(url.status());
  HttpRequest sent = request;
  MoveUserInfo(&*url, &sent);
  sent.headers.emplace("user-agent", options_.user_agent);
  if (sent.sign) sent.sign(&sent);
  const bool follows = request.method == "GET" || request.method == "HEAD";
  for (int redirects = 0;; ++redirects) {
    if (const absl::Status status = CheckHeaders(sent); !status.ok()) {
      return Failed(status);
    }
    HttpExchange exchange = transport_->Exchange(sent, receiver);
    const std::string location = exchange.response.header("location");
    if (!exchange.status.ok() || !follows || request.sign ||
        !IsRedirect(exchange.response.status) || location.empty()) {
      return exchange;
    }
    if (redirects == options_.max_redirects) {
      return Failed(absl::FailedPreconditionError(
          absl::StrCat(RedactUrl(request.url), ": more than ",
                       options_.max_redirects, " redirects, the last one to ",
                       absl::Utf8SafeCEscape(RedactUrl(location)),
                       "; check the URL, or allow more (max_redirects)")));
    }
    absl::StatusOr<Url> target = Resolve(*url, location);
    if (!target.ok()) {
      return Failed(absl::FailedPreconditionError(absl::StrCat(
          RedactUrl(request.url), ": redirected to what is no URL of HTTP: ",
          target.status().message())));
    }
    if (url->scheme == "https" && target->scheme == "http") {
      return Failed(absl::FailedPreconditionError(
          absl::StrCat(RedactUrl(request.url), ": redirected from https to ",
                       RedactUrl(target->ToString()),
                       ", which anyone could change on its way")));
    }
    if (!target->HasOriginOf(*url)) {
      HttpHeaders kept;
      for (const auto& header : sent.headers) {
        if (IsSentToOthers(header.first)) kept.insert(header);
      }
      sent.headers = std::move(kept);
    }
    *url = *std::move(target);
    MoveUserInfo(&*url, &sent);
  }
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
  if (!request.is_cancelled) {
    options_.retry.sleep(pause);
    return true;
  }
  for (absl::Duration left = pause; left > absl::ZeroDuration();) {
    if (request.is_cancelled()) return false;
    const absl::Duration slice = std::min(left, absl::Seconds(1));
    options_.retry.sleep(slice);
    left -= slice;
  }
  return !request.is_cancelled();
}

absl::StatusOr<HttpResponse> HttpClient::Send(
    const HttpRequest& request) const {
  for (int attempt = 1;; ++attempt) {
    HttpExchange exchange = Attempt(request, nullptr);
    if (WaitToRetry(attempt, exchange, request)) continue;
    RETURN_IF_ERROR(exchange.status);
    return std::move(exchange.response);
  }
}

}  // namespace anneal
