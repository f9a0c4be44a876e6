#include "fileio/http/url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "fileio/uri.h"

namespace anneal {
namespace {

// Cuts `text` at the first of `separators` and gives what stood before; the
// separator stays in `text`.
absl::string_view CutAt(absl::string_view separators, absl::string_view* text) {
  const size_t end = std::min(text->find_first_of(separators), text->size());
  const absl::string_view head = text->substr(0, end);
  text->remove_prefix(end);
  return head;
}

bool IsPlain(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string WithDefaultPort(const Url& url) {
  // An IPv6 address has colons of its own, in brackets.
  const size_t bracket = url.host.rfind(']');
  const size_t colon = url.host.rfind(':');
  const bool has_port =
      colon != url.host.npos && (bracket == url.host.npos || colon > bracket);
  if (has_port) return url.host;
  return absl::StrCat(url.host, url.scheme == "https" ? ":443" : ":80");
}

}  // namespace

absl::StatusOr<Url> Url::Parse(absl::string_view text) {
  const std::string shown = RedactUrl(text);
  if (std::any_of(text.begin(), text.end(),
                  [](unsigned char c) { return c <= ' ' || c == 0x7f; })) {
    return absl::InvalidArgumentError(
        absl::StrCat(absl::CEscape(shown),
                     ": a URL has no blanks and no control characters; write "
                     "a blank as %20"));
  }
  Url url;
  if (const size_t length = SchemeLength(text); length > 0) {
    url.scheme = absl::AsciiStrToLower(text.substr(0, length - 3));
    text.remove_prefix(length);
  }
  if (url.scheme != "http" && url.scheme != "https") {
    return absl::InvalidArgumentError(absl::StrCat(
        shown, ": not a URL of HTTP; it begins with http:// or https://"));
  }
  absl::string_view authority = CutAt("/?#", &text);
  const size_t at = authority.rfind('@');
  if (at != authority.npos) {
    url.user_info = std::string(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  url.host = absl::AsciiStrToLower(authority);
  if (url.host.empty() || url.host[0] == ':') {
    return absl::InvalidArgumentError(
        absl::StrCat(shown, ": the URL names no host"));
  }
  url.path = std::string(CutAt("?#", &text));
  if (url.path.empty()) url.path = "/";
  url.query = std::string(CutAt("#", &text));
  if (!url.query.empty()) url.query.erase(0, 1);
  return url;
}

std::string Url::ToString() const {
  return absl::StrCat(scheme, "://", host, path, query.empty() ? "" : "?",
                      query);
}

bool Url::HasOriginOf(const Url& other) const {
  return scheme == other.scheme &&
         WithDefaultPort(*this) == WithDefaultPort(other);
}

std::string RedactUrl(absl::string_view url) { return RedactUri(url); }

std::string PercentEncode(absl::string_view text, bool keep_slashes) {
  std::string encoded;
  for (const char c : text) {
    if (IsPlain(c) || (keep_slashes && c == '/')) {
      encoded.push_back(c);
    } else {
      absl::StrAppend(&encoded, "%",
                      absl::AsciiStrToUpper(
                          absl::BytesToHexString(absl::string_view(&c, 1))));
    }
  }
  return encoded;
}

std::string PercentDecode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() &&
        absl::ascii_isxdigit(text[i + 1]) &&
        absl::ascii_isxdigit(text[i + 2])) {
      decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

}  // namespace anneal
