// Versions as numbers that compare.
#ifndef ANNEAL_UTILS_DIGIT_VERSION_H_
#define ANNEAL_UTILS_DIGIT_VERSION_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// mmengine's digit_version: a version of PEP 440 as the first `length` numbers
// of its release, filled with zeros, then two more: -3, -2 or -1 and the number
// of an alpha, beta or release candidate; -4 and 0 of a development version; 1
// and the number of a post-release; else 0 and 0. "1.10rc1" gives {1, 10, 0, 0,
// -1, 1}. Vectors compare as the versions do. InvalidArgument for what is no
// version.
absl::StatusOr<std::vector<int64_t>> DigitVersion(absl::string_view version,
                                                  int length = 4);

}  // namespace anneal

#endif  // ANNEAL_UTILS_DIGIT_VERSION_H_
