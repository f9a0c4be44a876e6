#include "utils/digit_version.h"

#include <algorithm>
#include <regex>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// PEP 440, appendix B: 1 release, 2 and 3 pre-release, 4 and 5 post-release, 6
// development. Epoch and local part don't count.
const std::regex& Pattern() {
  static const auto* pattern = new std::regex(
      R"(v?(?:[0-9]+!)?([0-9]+(?:\.[0-9]+)*))"
      R"((?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?)"
      R"((?:-([0-9]+)|[-_.]?(?:post|rev|r)[-_.]?([0-9]*))?)"
      R"(([-_.]?dev[-_.]?[0-9]*)?)"
      R"((?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?)",
      std::regex::optimize);
  return *pattern;
}

// The number, 0 for none.
absl::StatusOr<int64_t> Number(const std::string& digits) {
  int64_t number = 0;
  if (!digits.empty() && !absl::SimpleAtoi(digits, &number)) {
    return absl::InvalidArgumentError(
        absl::StrCat(digits, " in a version is too large a number"));
  }
  return number;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> DigitVersion(absl::string_view version,
                                                  int length) {
  const std::string text =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(version));
  std::smatch parts;
  // std::regex recurses as deep as a text is long.
  constexpr size_t kMaxLength = 200;
  if (text.size() > kMaxLength || !std::regex_match(text, parts, Pattern())) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", version.substr(0, kMaxLength),
                     "\" is no version; write one like 1.2.3 or 1.2rc1"));
  }
  std::vector<int64_t> digits;
  for (absl::string_view part : absl::StrSplit(parts[1].str(), '.')) {
    ASSIGN_OR_RETURN(const int64_t number, Number(std::string(part)));
    digits.push_back(number);
  }
  digits.resize(length);
  const std::string pre = parts[2].str();
  if (!pre.empty()) {
    ASSIGN_OR_RETURN(const int64_t number, Number(parts[3].str()));
    digits.push_back(pre[0] == 'a' ? -3 : pre[0] == 'b' ? -2 : -1);
    digits.push_back(number);
  } else if (parts[6].matched) {
    digits.insert(digits.end(), {-4, 0});
  } else if (parts[4].matched || parts[5].matched) {
    ASSIGN_OR_RETURN(const int64_t number,
                     Number(parts[4].str() + parts[5].str()));
    digits.insert(digits.end(), {1, number});
  } else {
    digits.insert(digits.end(), {0, 0});
  }
  return digits;
}

}  // namespace anneal
