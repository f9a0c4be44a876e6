#include "hooks/hook.h"

#include "absl/strings/str_cat.h"

namespace anneal {

absl::string_view ModeName(Mode mode) {
  switch (mode) {
    case Mode::kTrain:
      return "train";
    case Mode::kVal:
      return "val";
    case Mode::kTest:
      return "test";
  }
  return "";
}

std::string PriorityName(int priority) {
  switch (priority) {
    case kHighest:
      return "HIGHEST";
    case kVeryHigh:
      return "VERY_HIGH";
    case kHigh:
      return "HIGH";
    case kAboveNormal:
      return "ABOVE_NORMAL";
    case kNormal:
      return "NORMAL";
    case kBelowNormal:
      return "BELOW_NORMAL";
    case kLow:
      return "LOW";
    case kVeryLow:
      return "VERY_LOW";
    case kLowest:
      return "LOWEST";
  }
  return absl::StrCat(priority);
}

bool Hook::EveryN(int64_t count, int64_t n, int64_t start) {
  const int64_t since_start = count - start;
  return n > 0 && since_start >= 0 && since_start % n == 0;
}

}  // namespace anneal
