// URLs: their parts, and what of them may be shown.
#ifndef ANNEAL_FILEIO_HTTP_URL_H_
#define ANNEAL_FILEIO_HTTP_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// "https://user:word@host:8443/a%20b?x=1#part" in its parts, percent-encoded as
// they were given.
struct Url {
  std::string scheme;     // "https", in lower case
  std::string user_info;  // "user:word"; "": none
  std::string host;       // "host:8443", in lower case
  std::string path;       // "/a%20b"; "/" where the URL has none
  std::string query;      // "x=1"; "": none

  // InvalidArgument for anything but http:// and https:// with a host, and for
  // blanks and control characters. The message shows no credentials.
  static absl::StatusOr<Url> Parse(absl::string_view text);

  // Without the user info: credentials travel as a header.
  std::string ToString() const;
  // Whether credentials for the one may be sent to the other: same scheme, host
  // and port.
  bool HasOriginOf(const Url& other) const;
};

// `url` as errors and logs may show it: without user info and fragment, the
// query's values as "***". Also for what is no valid URL.
std::string RedactUrl(absl::string_view url);

// RFC 3986: all but letters, digits and -._~ becomes %XX. `keep_slashes`: "/"
// stays.
std::string PercentEncode(absl::string_view text, bool keep_slashes = false);

// The reverse; a "%" without two hexadecimal digits stays.
std::string PercentDecode(absl::string_view text);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_URL_H_
