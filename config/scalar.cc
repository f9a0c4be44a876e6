#include "config/scalar.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace anneal::config {
namespace {

bool ParseDigits(absl::string_view digits, int base, uint64_t* value) {
  if (digits.empty()) return false;
  *value = 0;
  for (const char c : digits) {
    int digit = 99;
    if (absl::ascii_isdigit(c)) digit = c - '0';
    if (absl::ascii_isalpha(c)) digit = absl::ascii_tolower(c) - 'a' + 10;
    if (digit >= base) return false;
    if (*value > (std::numeric_limits<uint64_t>::max() - digit) / base) {
      return false;
    }
    *value = *value * base + digit;
  }
  return true;
}

}  // namespace

bool ParseInteger(absl::string_view text, int64_t* value) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  if (!negative) absl::ConsumePrefix(&text, "+");
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char mark = absl::ascii_tolower(text[1]);
    base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    if (base != 10) text.remove_prefix(2);
  }
  if (text.empty() || text.front() == '_' || text.back() == '_') return false;
  const std::string digits = absl::StrReplaceAll(text, {{"_", ""}});
  uint64_t magnitude = 0;
  if (!ParseDigits(digits, base, &magnitude)) return false;
  const uint64_t limit = uint64_t{1} << 63;
  if (magnitude > (negative ? limit : limit - 1)) return false;
  *value = static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
  return true;
}

bool ParseReal(absl::string_view text, double* value) {
  absl::string_view body = text;
  const bool negative = absl::ConsumePrefix(&body, "-");
  if (!negative) absl::ConsumePrefix(&body, "+");
  const std::string lower = absl::AsciiStrToLower(body);
  if (lower == ".inf" || lower == "inf") {
    *value = negative ? -HUGE_VAL : HUGE_VAL;
    return true;
  }
  if (lower == ".nan" || lower == "nan") {
    *value = std::nan("");
    return true;
  }
  bool has_digit = false;
  for (const char c : body) {
    has_digit |= absl::ascii_isdigit(c);
    if (!absl::ascii_isdigit(c) && !absl::StrContains(".eE+-_", c)) {
      return false;
    }
  }
  if (!has_digit || absl::ascii_tolower(body[0]) == 'e') return false;
  const std::string digits = absl::StrReplaceAll(text, {{"_", ""}});
  return absl::SimpleAtod(digits, value);
}

std::string RealText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[32];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(buffer, sizeof(buffer), "%.*g", digits, value);
    if (std::strtod(buffer, nullptr) == value) break;
  }
  std::string text = buffer;
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace anneal::config
