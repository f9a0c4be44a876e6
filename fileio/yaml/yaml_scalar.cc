#include "fileio/yaml/yaml_scalar.h"

#include <cstdint>
#include <limits>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace anneal {
namespace {

constexpr absl::string_view kNulls[] = {"", "~", "null", "Null", "NULL"};
constexpr absl::string_view kTrues[] = {"yes",  "Yes", "YES", "true", "True",
                                        "TRUE", "on",  "On",  "ON"};
constexpr absl::string_view kFalses[] = {
    "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};

bool AllOf(absl::string_view text, absl::string_view characters) {
  return !text.empty() &&
         text.find_first_not_of(characters) == absl::string_view::npos;
}

// 190:20:30, in base 60: the first part is all digits, the others below 60.
bool IsBase60(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  for (size_t i = 1; i < parts.size(); ++i) {
    int part = 0;
    if (parts[i].size() > 2 || !AllOf(parts[i], "0123456789") ||
        !absl::SimpleAtoi(parts[i], &part) || part >= 60) {
      return false;
    }
  }
  return parts.size() > 1 && AllOf(parts[0], "0123456789_") &&
         absl::ascii_isdigit(parts[0][0]);
}

// Digits of `base`, with a sign; false beyond 64 bits.
bool ParseDigits(absl::string_view digits, int base, bool is_negative,
                 int64_t* integer) {
  const std::string text = absl::StrReplaceAll(digits, {{"_", ""}});
  unsigned __int128 value = 0;
  if (text.empty()) return false;
  for (const char c : text) {
    const int digit =
        absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
    value = value * base + digit;
    if (value > (unsigned __int128){1} << 63) return false;
  }
  const auto limit = uint64_t{1} << 63;
  const auto magnitude = static_cast<uint64_t>(value);
  if (magnitude == limit && !is_negative) return false;
  *integer = is_negative ? static_cast<int64_t>(-magnitude)
                         : static_cast<int64_t>(magnitude);
  return true;
}

enum class Match { kNo, kYes, kTooLarge };

Match MatchInteger(absl::string_view text, int64_t* integer) {
  const bool is_negative = absl::ConsumePrefix(&text, "-");
  if (!is_negative) absl::ConsumePrefix(&text, "+");
  int base = 10;
  if (text == "0") {
    // Falls to the tens.
  } else if (absl::StartsWith(text, "0b") && AllOf(text.substr(2), "01_")) {
    base = 2;
    text.remove_prefix(2);
  } else if (absl::StartsWith(text, "0x") &&
             AllOf(text.substr(2), "0123456789abcdefABCDEF_")) {
    base = 16;
    text.remove_prefix(2);
  } else if (absl::StartsWith(text, "0") && AllOf(text, "01234567_")) {
    base = 8;
  } else if (!text.empty() && text[0] >= '1' && text[0] <= '9' &&
             IsBase60(text)) {
    int64_t total = 0;
    for (absl::string_view part : absl::StrSplit(text, ':')) {
      int64_t value = 0;
      if (!ParseDigits(part, 10, false, &value) ||
          __builtin_mul_overflow(total, 60, &total) ||
          __builtin_add_overflow(total, value, &total)) {
        return Match::kTooLarge;
      }
    }
    *integer = is_negative ? -total : total;
    return Match::kYes;
  } else if (text.empty() || text[0] < '1' || text[0] > '9' ||
             !AllOf(text, "0123456789_")) {
    return Match::kNo;
  }
  return ParseDigits(text, base, is_negative, integer) ? Match::kYes
                                                       : Match::kTooLarge;
}

// [0-9][0-9_]*\.[0-9_]*, or from the point on, with e and a signed exponent;
// 1:30.5; .inf and .nan.
bool MatchReal(absl::string_view text, double* real) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const absl::string_view whole = text;
  const bool is_negative = absl::ConsumePrefix(&text, "-");
  const bool has_sign = is_negative || absl::ConsumePrefix(&text, "+");
  if (text == ".inf" || text == ".Inf" || text == ".INF") {
    *real = is_negative ? -kInfinity : kInfinity;
    return true;
  }
  if (whole == ".nan" || whole == ".NaN" || whole == ".NAN") {
    *real = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const size_t point = text.find('.');
  if (point == text.npos) return false;
  const absl::string_view before = text.substr(0, point);
  absl::string_view after = text.substr(point + 1);
  if (IsBase60(before)) {
    if (!after.empty() && !AllOf(after, "0123456789_")) return false;
    double total = 0;
    const std::string digits = absl::StrReplaceAll(text, {{"_", ""}});
    for (absl::string_view part : absl::StrSplit(digits, ':')) {
      double value = 0;
      if (!absl::SimpleAtod(part, &value)) return false;
      total = total * 60 + value;
    }
    *real = is_negative ? -total : total;
    return true;
  }
  const size_t exponent = after.find_first_of("eE");
  if (exponent != after.npos) {
    const absl::string_view digits = after.substr(exponent + 1);
    if (digits.empty() || (digits[0] != '+' && digits[0] != '-') ||
        !AllOf(digits.substr(1), "0123456789")) {
      return false;
    }
    after = after.substr(0, exponent);
  }
  if (before.empty()) {
    if (has_sign || after.empty() || !absl::ascii_isdigit(after[0])) {
      return false;
    }
  } else if (!absl::ascii_isdigit(before[0]) || !AllOf(before, "0123456789_")) {
    return false;
  }
  if (!after.empty() && !AllOf(after, "0123456789_")) return false;
  return absl::SimpleAtod(absl::StrReplaceAll(whole, {{"_", ""}}), real);
}

// 2001-12-14, with or without a time.
bool IsDate(absl::string_view text) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('-', 2));
  return parts.size() == 3 && parts[0].size() == 4 &&
         AllOf(parts[0], "0123456789") && parts[1].size() <= 2 &&
         AllOf(parts[1], "0123456789") && !parts[2].empty() &&
         absl::ascii_isdigit(parts[2][0]);
}

}  // namespace

absl::optional<Value> ResolveYamlScalar(absl::string_view text) {
  if (absl::c_linear_search(kNulls, text)) return Value();
  if (absl::c_linear_search(kTrues, text)) return Value(true);
  if (absl::c_linear_search(kFalses, text)) return Value(false);
  int64_t integer = 0;
  switch (MatchInteger(text, &integer)) {
    case Match::kYes:
      return Value(integer);
    case Match::kTooLarge:
      return absl::nullopt;
    case Match::kNo:
      break;
  }
  double real = 0;
  if (MatchReal(text, &real)) return Value(real);
  return Value(text);
}

bool IsYamlText(absl::string_view text) {
  const absl::optional<Value> value = ResolveYamlScalar(text);
  return value.has_value() && value->get_if<std::string>() != nullptr &&
         text != "<<" && text != "=" && !IsDate(text);
}

}  // namespace anneal
