#include "fileio/s3/sigv4.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "fileio/http/digest.h"
#include "fileio/http/url.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kAlgorithm[] = "AWS4-HMAC-SHA256";

std::string HexSha256(absl::string_view bytes) {
  return absl::BytesToHexString(DigestOf(DigestKind::kSha256, bytes));
}

std::string Timestamp(absl::Time now) {
  return absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone());
}

// Sorted by encoded name, then value; each "name=value".
std::string CanonicalQuery(absl::string_view query) {
  std::vector<std::pair<std::string, std::string>> items;
  for (absl::string_view item : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> halves =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    items.emplace_back(PercentEncode(PercentDecode(halves.first)),
                       PercentEncode(PercentDecode(halves.second)));
  }
  std::sort(items.begin(), items.end());
  return absl::StrJoin(items, "&", absl::PairFormatter("="));
}

// Hosts as HTTP clients send them: without the scheme's own port.
std::string HostHeader(const Url& url) {
  absl::string_view host = url.host;
  absl::ConsumeSuffix(&host, url.scheme == "https" ? ":443" : ":80");
  return std::string(host);
}

std::string CanonicalValue(absl::string_view value) {
  std::string text(value);
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

}  // namespace

std::string SigV4::Scope(absl::Time now) const {
  return absl::StrCat(absl::FormatTime("%Y%m%d", now, absl::UTCTimeZone()), "/",
                      region_, "/", service_, "/aws4_request");
}

std::string SigV4::Signature(const std::string& canonical_request,
                             absl::Time now) const {
  const std::string scope = Scope(now);
  const std::string to_sign =
      absl::StrCat(kAlgorithm, "\n", Timestamp(now), "\n", scope, "\n",
                   HexSha256(canonical_request));
  // The key is made of the scope's parts, one after the other.
  std::string key = absl::StrCat("AWS4", credentials_.secret_access_key);
  for (absl::string_view part : absl::StrSplit(scope, '/')) {
    key = HmacSha256(key, part);
  }
  return absl::BytesToHexString(HmacSha256(key, to_sign));
}

void SigV4::Sign(absl::Time now, HttpRequest* request) const {
  const absl::StatusOr<Url> url = Url::Parse(request->url);
  if (!url.ok()) return;  // nobody will send it
  const std::string payload = HexSha256(request->body);
  request->headers["x-amz-date"] = Timestamp(now);
  request->headers["x-amz-content-sha256"] = payload;
  if (!credentials_.session_token.empty()) {
    request->headers["x-amz-security-token"] = credentials_.session_token;
  }
  request->headers.erase("authorization");
  HttpHeaders headers = request->headers;
  headers.erase("user-agent");
  headers["host"] = HostHeader(*url);
  std::string lines;
  std::vector<std::string> names;
  for (const auto& [name, value] : headers) {
    absl::StrAppend(&lines, name, ":", CanonicalValue(value), "\n");
    names.push_back(name);
  }
  const std::string signed_headers = absl::StrJoin(names, ";");
  const std::string canonical_request = absl::StrCat(
      request->method, "\n", url->path, "\n", CanonicalQuery(url->query), "\n",
      lines, "\n", signed_headers, "\n", payload);
  request->headers["authorization"] =
      absl::StrCat(kAlgorithm, " Credential=", credentials_.access_key_id, "/",
                   Scope(now), ",SignedHeaders=", signed_headers,
                   ",Signature=", Signature(canonical_request, now));
}

absl::StatusOr<std::string> SigV4::Presign(const std::string& method,
                                           const std::string& url,
                                           absl::Duration expires_in,
                                           absl::Time now) const {
  if (expires_in < absl::Seconds(1) || expires_in > absl::Hours(7 * 24)) {
    return absl::InvalidArgumentError(absl::StrCat(
        RedactUrl(url), ": a URL can't be signed for ",
        absl::FormatDuration(expires_in), "; choose from 1s to 168h"));
  }
  ASSIGN_OR_RETURN(Url parts, Url::Parse(url));
  std::vector<std::string> items = {
      absl::StrCat("X-Amz-Algorithm=", kAlgorithm),
      absl::StrCat("X-Amz-Credential=",
                   PercentEncode(absl::StrCat(credentials_.access_key_id, "/",
                                              Scope(now)))),
      absl::StrCat("X-Amz-Date=", Timestamp(now)),
      absl::StrCat("X-Amz-Expires=", absl::ToInt64Seconds(expires_in)),
      "X-Amz-SignedHeaders=host"};
  if (!credentials_.session_token.empty()) {
    items.push_back(absl::StrCat("X-Amz-Security-Token=",
                                 PercentEncode(credentials_.session_token)));
  }
  if (!parts.query.empty()) items.push_back(parts.query);
  parts.query = CanonicalQuery(absl::StrJoin(items, "&"));
  const std::string canonical_request =
      absl::StrCat(method, "\n", parts.path, "\n", parts.query,
                   "\nhost:", HostHeader(parts), "\n\nhost\nUNSIGNED-PAYLOAD");
  absl::StrAppend(&parts.query,
                  "&X-Amz-Signature=", Signature(canonical_request, now));
  return parts.ToString();
}

}  // namespace anneal
