#include "config/reader.h"

#include "absl/strings/str_cat.h"

namespace anneal::config {

absl::Status ErrorAt(const Place& place, absl::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat(place.ToString(), ": ", message));
}

}  // namespace anneal::config
