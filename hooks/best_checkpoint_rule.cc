#include "hooks/best_checkpoint_rule.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace anneal {

absl::StatusOr<BestRule> ParseBestRule(absl::string_view rule) {
  if (rule == "greater") return BestRule::kGreater;
  if (rule == "less") return BestRule::kLess;
  return absl::InvalidArgumentError(absl::StrCat(
      "rule is \"", rule, "\"; it must be \"greater\" or \"less\""));
}

absl::StatusOr<BestRule> InferBestRule(absl::string_view metric,
                                       std::vector<std::string> greater_keys,
                                       std::vector<std::string> less_keys) {
  if (greater_keys.empty()) {
    greater_keys = {"acc", "top",   "AR@",  "auc",  "precision",
                    "mAP", "mDice", "mIoU", "mAcc", "aAcc"};
  }
  if (less_keys.empty()) less_keys = {"loss"};
  const std::string name = absl::AsciiStrToLower(metric);
  auto is_one_of = [&](const std::vector<std::string>& keys) {
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
      return absl::EqualsIgnoreCase(key, name);
    });
  };
  auto contains_one_of = [&](const std::vector<std::string>& keys) {
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
      return absl::StrContains(name, absl::AsciiStrToLower(key));
    });
  };
  if (is_one_of(greater_keys)) return BestRule::kGreater;
  if (is_one_of(less_keys)) return BestRule::kLess;
  if (contains_one_of(greater_keys)) return BestRule::kGreater;
  if (contains_one_of(less_keys)) return BestRule::kLess;
  return absl::InvalidArgumentError(absl::StrCat(
      "whether more or less of \"", metric,
      "\" is better can't be told from its name; set CheckpointHook's rule to "
      "\"greater\" or \"less\""));
}

bool IsBetter(BestRule rule, double value, double best) {
  return rule == BestRule::kGreater ? value > best : value < best;
}

double WorstValue(BestRule rule) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return rule == BestRule::kGreater ? -kInfinity : kInfinity;
}

}  // namespace anneal
