#include "fileio/http/redirects.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "fileio/http/url.h"
#include "fileio/uri.h"
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

class RedirectedExchange : public OngoingExchange {
 public:
  RedirectedExchange(const HttpTransport& transport, const HttpRequest& request,
                     BodyReceiver receiver, int max_redirects)
      : transport_(transport),
        receiver_(std::move(receiver)),
        max_redirects_(max_redirects),
        shown_url_(RedactUrl(request.url)),
        sent_(request) {
    result_.status = Begin();
  }

  bool Advance() override {
    if (exchange_ == nullptr) return false;
    if (exchange_->Advance()) return true;
    result_ = std::move(exchange_->result());
    exchange_ = nullptr;
    const absl::StatusOr<bool> is_redirected = Redirect();
    if (is_redirected.ok()) return *is_redirected;
    result_ = HttpExchange();
    result_.status = is_redirected.status();
    return false;
  }

  HttpExchange& result() override { return result_; }

 private:
  absl::Status Begin() {
    ASSIGN_OR_RETURN(url_, Url::Parse(sent_.url));
    MoveUserInfo(&url_, &sent_);
    if (sent_.sign) sent_.sign(&sent_);
    return Send();
  }

  absl::Status Send() {
    RETURN_IF_ERROR(CheckHeaders(sent_));
    exchange_ = transport_.Begin(sent_, receiver_);
    return absl::OkStatus();
  }

  // Goes where `result_` leads. False: nowhere.
  absl::StatusOr<bool> Redirect() {
    const HttpResponse& response = result_.response;
    const std::string location = response.header("location");
    const bool follows = sent_.method == "GET" || sent_.method == "HEAD";
    if (!result_.status.ok() || !follows || sent_.sign ||
        !IsRedirect(response.status) || location.empty()) {
      return false;
    }
    if (num_redirects_++ == max_redirects_) {
      return absl::FailedPreconditionError(
          absl::StrCat(shown_url_, ": more than ", max_redirects_,
                       " redirects, the last one to ",
                       absl::Utf8SafeCEscape(RedactUrl(location)),
                       "; check the URL, or allow more (max_redirects)"));
    }
    absl::StatusOr<Url> target = Resolve(url_, location);
    if (!target.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat(shown_url_, ": redirected to what is no URL of HTTP: ",
                       target.status().message()));
    }
    if (url_.scheme == "https" && target->scheme == "http") {
      return absl::FailedPreconditionError(
          absl::StrCat(shown_url_, ": redirected from https to ",
                       RedactUrl(target->ToString()),
                       ", which anyone could change on its way"));
    }
    if (!target->HasOriginOf(url_)) {
      HttpHeaders kept;
      for (const auto& header : sent_.headers) {
        if (IsSentToOthers(header.first)) kept.insert(header);
      }
      sent_.headers = std::move(kept);
    }
    url_ = *std::move(target);
    MoveUserInfo(&url_, &sent_);
    RETURN_IF_ERROR(Send());
    return true;
  }

  const HttpTransport& transport_;
  const BodyReceiver receiver_;
  const int max_redirects_;
  const std::string shown_url_;
  HttpRequest sent_;
  Url url_;
  int num_redirects_ = 0;
  // nullptr: it is over.
  std::unique_ptr<OngoingExchange> exchange_;
  HttpExchange result_;
};

}  // namespace

std::unique_ptr<OngoingExchange> FollowRedirects(const HttpTransport& transport,
                                                 const HttpRequest& request,
                                                 const BodyReceiver& receiver,
                                                 int max_redirects) {
  return std::make_unique<RedirectedExchange>(transport, request, receiver,
                                              max_redirects);
}

}  // namespace anneal
