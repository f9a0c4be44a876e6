#include "fileio/uri.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace anneal {
namespace {

bool IsOfScheme(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("+.-:", c);
}

// Cuts `text` at the first of `separators` and gives what stood before; the
// separator stays in `text`.
absl::string_view CutAt(absl::string_view separators, absl::string_view* text) {
  const size_t end = std::min(text->find_first_of(separators), text->size());
  const absl::string_view head = text->substr(0, end);
  text->remove_prefix(end);
  return head;
}

// Whether what follows the last ":" can't be a port, as in "user:word".
bool HasWord(absl::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == authority.npos) return false;
  const absl::string_view port = authority.substr(colon + 1);
  return !std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
}

}  // namespace

size_t SchemeLength(absl::string_view path) {
  const size_t end = path.find("://");
  if (end == path.npos || end == 0 || !absl::ascii_isalpha(path[0])) return 0;
  const absl::string_view scheme = path.substr(0, end);
  if (!std::all_of(scheme.begin(), scheme.end(), IsOfScheme)) return 0;
  return end + 3;
}

std::string RedactUri(absl::string_view uri) {
  std::string shown(uri.substr(0, SchemeLength(uri)));
  // Of the scheme that it is read under, as in a redirect.
  if (shown.empty() && absl::StartsWith(uri, "//")) shown = "//";
  uri.remove_prefix(shown.size());
  absl::string_view authority = CutAt("/?#", &uri);
  if (const size_t at = authority.rfind('@'); at != authority.npos) {
    authority.remove_prefix(at + 1);
  } else if (absl::StrContains(authority, ':')) {
    // A word with "/", "?" or "#" in it, not encoded, reaches past the first.
    const size_t end = HasWord(authority) ? uri.npos : uri.find_first_of("?#");
    const size_t last = uri.substr(0, end).rfind('@');
    if (last != uri.npos) {
      authority = "";
      uri.remove_prefix(last + 1);
    }
  }
  absl::StrAppend(&shown, authority, CutAt("?#", &uri));
  if (!absl::ConsumePrefix(&uri, "?")) return shown;
  std::vector<std::string> names;
  for (absl::string_view item : absl::StrSplit(CutAt("#", &uri), '&')) {
    const size_t equals = item.find('=');
    names.push_back(equals == item.npos
                        ? "***"
                        : absl::StrCat(item.substr(0, equals), "=***"));
  }
  return absl::StrCat(shown, "?", absl::StrJoin(names, "&"));
}

std::string ShownPath(absl::string_view path) {
  return SchemeLength(path) == 0 ? std::string(path) : RedactUri(path);
}

absl::Status CheckIsLocal(absl::string_view path) {
  if (SchemeLength(path) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "can't write ", ShownPath(path),
      " as a local file: it is a URI; write it by fileio::Put, "
      "fileio::OpenOutput or fileio::CopyFile, or name a local path"));
}

}  // namespace anneal
