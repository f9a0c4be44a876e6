#include "fileio/http/url.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

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
  if (const absl::string_view scheme = SchemeOf(text); !scheme.empty()) {
    url.scheme = absl::AsciiStrToLower(scheme);
    text.remove_prefix(scheme.size() + 3);
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

absl::string_view SchemeOf(absl::string_view text) {
  const size_t end = text.find("://");
  if (end == text.npos || end == 0 || !absl::ascii_isalpha(text[0])) return "";
  const absl::string_view scheme = text.substr(0, end);
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '+' || c == '.' || c == '-';
  });
  return is_scheme ? scheme : "";
}

std::string RedactUrl(absl::string_view url) {
  std::string shown;
  const absl::string_view scheme = SchemeOf(url);
  if (!scheme.empty()) {
    shown = absl::StrCat(scheme, "://");
  } else if (absl::StartsWith(url, "//")) {
    shown = "//";
  }
  url.remove_prefix(shown.size());
  absl::string_view authority = CutAt("/?#", &url);
  // A word with a "/" in it, not encoded, reaches past the first slash.
  if (authority.rfind('@') == authority.npos) {
    const size_t at = url.substr(0, url.find_first_of("?#")).rfind('@');
    if (at != url.npos && absl::StrContains(authority, ':')) {
      authority = "";
      url.remove_prefix(at + 1);
    }
  } else {
    authority.remove_prefix(authority.rfind('@') + 1);
  }
  absl::StrAppend(&shown, authority, CutAt("?#", &url));
  if (!absl::ConsumePrefix(&url, "?")) return shown;
  std::vector<std::string> names;
  for (absl::string_view item : absl::StrSplit(CutAt("#", &url), '&')) {
    const size_t equals = item.find('=');
    names.push_back(equals == item.npos
                        ? "***"
                        : absl::StrCat(item.substr(0, equals), "=***"));
  }
  return absl::StrCat(shown, "?", absl::StrJoin(names, "&"));
}

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
