// URLs of any bytes: what is parsed, written and parsed again is the same, and
// no user info is shown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "fileio/http/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = anneal::Url::Parse(text);
  const std::string shown = anneal::RedactUrl(text);
  if (anneal::PercentDecode(anneal::PercentEncode(text)) != text) std::abort();
  if (!url.ok()) return 0;
  const auto again = anneal::Url::Parse(url->ToString());
  if (!again.ok() || again->ToString() != url->ToString()) std::abort();
  const size_t host = shown.find("://") + 3;
  if (absl::StrContains(
          shown.substr(host, shown.find_first_of("/?", host) - host), "@")) {
    std::abort();
  }
  return 0;
}
