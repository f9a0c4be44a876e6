// Which of two values of a metric is the better one.
#ifndef ANNEAL_HOOKS_BEST_CHECKPOINT_RULE_H_
#define ANNEAL_HOOKS_BEST_CHECKPOINT_RULE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

enum class BestRule { kGreater, kLess };

// "greater" or "less".
absl::StatusOr<BestRule> ParseBestRule(absl::string_view rule);

// mmengine's guess from a metric's name, case-insensitively: it is one of
// `greater_keys`, or of `less_keys`, or contains one of the former, or of the
// latter. Empty lists mean mmengine's defaults. InvalidArgument, which says to
// set `rule`, where nothing matches.
absl::StatusOr<BestRule> InferBestRule(absl::string_view metric,
                                       std::vector<std::string> greater_keys,
                                       std::vector<std::string> less_keys);

// False where either is NaN.
bool IsBetter(BestRule rule, double value, double best);
// What every number is better than: the best before the first one.
double WorstValue(BestRule rule);

}  // namespace anneal

#endif  // ANNEAL_HOOKS_BEST_CHECKPOINT_RULE_H_
