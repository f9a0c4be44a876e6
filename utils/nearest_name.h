// "did you mean": the nearest of some names.
#ifndef ANNEAL_UTILS_NEAREST_NAME_H_
#define ANNEAL_UTILS_NEAREST_NAME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace anneal {

// The candidate with the smallest edit distance to `name` (Levenshtein, case
// ignored), or "" when none is within a third of its length plus one.
std::string NearestName(absl::string_view name,
                        const std::vector<std::string>& candidates);

// `; did you mean "momentum"?`, or "" without a near candidate.
std::string DidYouMean(absl::string_view name,
                       const std::vector<std::string>& candidates);

}  // namespace anneal

#endif  // ANNEAL_UTILS_NEAREST_NAME_H_
