// Errors with what they are about in front.
#ifndef ANNEAL_UTILS_ANNOTATE_H_
#define ANNEAL_UTILS_ANNOTATE_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace anneal {

// "`prefix`: message" with the error's code; OK stays OK.
inline absl::Status Annotate(const absl::Status& status,
                             absl::string_view prefix) {
  return absl::Status(status.code(),
                      absl::StrCat(prefix, ": ", status.message()));
}

}  // namespace anneal

#endif  // ANNEAL_UTILS_ANNOTATE_H_
