#include "config/python/number_literal.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace anneal::config::python {
namespace {

absl::StatusOr<Literal> Integer(absl::string_view digits, int base,
                                absl::string_view token, const Place& place) {
  int64_t value = 0;
  if (digits.empty()) {
    return ErrorAt(place, absl::StrCat("\"", token, "\" is no number"));
  }
  for (const char c : digits) {
    const int digit = absl::ascii_isdigit(c) ? c - '0'
                      : absl::ascii_isalpha(c)
                          ? absl::ascii_tolower(c) - 'a' + 10
                          : base;
    if (digit >= base) {
      return ErrorAt(place, absl::StrCat("\"", token, "\" is no number"));
    }
    if (__builtin_mul_overflow(value, int64_t{base}, &value) ||
        __builtin_add_overflow(value, int64_t{digit}, &value)) {
      return ErrorAt(place, "an integer of more than 64 bits");
    }
  }
  return Literal{value};
}

}  // namespace

absl::StatusOr<Literal> ReadNumber(absl::string_view token,
                                   const Place& place) {
  std::string text(token.substr(0, 400));
  const char last = absl::ascii_tolower(text.back());
  const char prefix =
      text.size() > 1 && text[0] == '0' ? absl::ascii_tolower(text[1]) : '\0';
  if (last == 'j' && prefix != 'x') {
    return ErrorAt(place, "complex numbers are no value of a config");
  }
  if (token.size() > text.size()) {
    return ErrorAt(place, "a number of more than 400 digits");
  }
  // An underscore stands between two digits, or behind the prefix.
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') continue;
    const bool is_between = i > 0 && i + 1 < text.size() &&
                            absl::ascii_isxdigit(text[i + 1]) &&
                            (absl::ascii_isxdigit(text[i - 1]) || i == 2);
    if (!is_between) {
      return ErrorAt(place, absl::StrCat("\"", token, "\" is no number"));
    }
  }
  text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
  if (prefix == 'x') return Integer(text.substr(2), 16, token, place);
  if (prefix == 'o') return Integer(text.substr(2), 8, token, place);
  if (prefix == 'b') return Integer(text.substr(2), 2, token, place);
  if (!absl::StrContains(text, '.') && !absl::StrContains(text, 'e') &&
      !absl::StrContains(text, 'E')) {
    const bool is_old_octal = text.size() > 1 && text[0] == '0' &&
                              text.find_first_not_of('0') != text.npos;
    if (is_old_octal) {
      return ErrorAt(
          place, absl::StrCat("\"", token, "\" begins with 0; octal is 0o17"));
    }
    return Integer(text, 10, token, place);
  }
  double value;
  // "1e5" but not "inf" or "0x1p3", which begin otherwise.
  if (!absl::SimpleAtod(text, &value)) {
    return ErrorAt(place, absl::StrCat("\"", token, "\" is no number"));
  }
  return Literal{value};
}

}  // namespace anneal::config::python
