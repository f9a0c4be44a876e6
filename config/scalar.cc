#include "config/scalar.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace anneal::config {
namespace {

// Takes "_" out from between digits. False: one stands elsewhere.
bool DropUnderscores(absl::string_view text, bool (*is_digit)(unsigned char),
                     std::string* digits) {
  digits->clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      *digits += text[i];
      continue;
    }
    if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) ||
        !is_digit(text[i + 1])) {
      return false;
    }
  }
  return true;
}

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
  std::string digits;
  uint64_t magnitude = 0;
  if (!DropUnderscores(text, absl::ascii_isxdigit, &digits)) return false;
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
  if (lower == ".inf" || lower == "inf" || lower == "infinity") {
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
  if (!has_digit) return false;
  if (!absl::ascii_isdigit(body[0]) && body[0] != '.') return false;
  std::string digits;
  if (!DropUnderscores(body, absl::ascii_isdigit, &digits)) return false;
  if (!absl::SimpleAtod(digits, value)) return false;
  if (negative) *value = -*value;
  return true;
}

}  // namespace anneal::config
