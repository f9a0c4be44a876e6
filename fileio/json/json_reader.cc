#include "fileio/json/json_reader.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

class JsonParser {
 public:
  explicit JsonParser(absl::string_view text) : text_(text), rest_(text) {}

  absl::StatusOr<Value> ParseAll() {
    ASSIGN_OR_RETURN(Value value, Parse(0));
    SkipSpace();
    if (!rest_.empty()) return Fail("nothing may follow the value");
    return value;
  }

 private:
  absl::Status Fail(absl::string_view what) const {
    const absl::string_view before =
        text_.substr(0, text_.size() - rest_.size());
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;
    return absl::InvalidArgumentError(
        absl::StrCat("no JSON: line ", line, ", column ", column, ": ", what));
  }

  void SkipSpace() {
    size_t n = 0;
    while (n < rest_.size() && absl::StrContains(" \t\r\n", rest_[n])) ++n;
    rest_.remove_prefix(n);
  }
  bool Take(absl::string_view word) {
    return absl::ConsumePrefix(&rest_, word);
  }

  absl::StatusOr<Value> Parse(int depth) {
    constexpr int kMaxDepth = 1000;
    if (depth > kMaxDepth) return Fail("nested deeper than 1000");
    SkipSpace();
    if (rest_.empty()) return Fail("the text ends where a value is due");
    if (rest_[0] == '{') return ParseDict(depth);
    if (rest_[0] == '[') return ParseList(depth);
    if (rest_[0] == '"') {
      ASSIGN_OR_RETURN(std::string text, ParseString());
      return Value(std::move(text));
    }
    if (Take("true")) return Value(true);
    if (Take("false")) return Value(false);
    if (Take("null")) return Value();
    return ParseNumber();
  }

  absl::StatusOr<Value> ParseList(int depth) {
    Take("[");
    Value::List list;
    SkipSpace();
    if (Take("]")) return Value(std::move(list));
    while (true) {
      ASSIGN_OR_RETURN(list.emplace_back(), Parse(depth + 1));
      SkipSpace();
      if (Take("]")) return Value(std::move(list));
      if (!Take(",")) return Fail("expected \",\" or \"]\"");
    }
  }

  absl::StatusOr<Value> ParseDict(int depth) {
    Take("{");
    Dict dict;
    SkipSpace();
    if (Take("}")) return Value(std::move(dict));
    while (true) {
      SkipSpace();
      if (rest_.empty() || rest_[0] != '"') {
        return Fail("expected a key in double quotes");
      }
      ASSIGN_OR_RETURN(std::string key, ParseString());
      SkipSpace();
      if (!Take(":")) return Fail("expected \":\" after a key");
      ASSIGN_OR_RETURN(Value value, Parse(depth + 1));
      dict.Set(std::move(key), std::move(value));
      SkipSpace();
      if (Take("}")) return Value(std::move(dict));
      if (!Take(",")) return Fail("expected \",\" or \"}\"");
    }
  }

  absl::StatusOr<std::string> ParseString() {
    Take("\"");
    std::string text;
    while (true) {
      // A stretch of plain bytes at a time.
      size_t n = 0;
      while (n < rest_.size() && rest_[n] != '"' && rest_[n] != '\\' &&
             static_cast<unsigned char>(rest_[n]) >= 0x20) {
        ++n;
      }
      text.append(rest_.data(), n);
      rest_.remove_prefix(n);
      if (Take("\"")) return text;
      if (rest_.empty()) return Fail("the text ends inside a string");
      if (rest_[0] != '\\') {
        return Fail("a control character in a string; write it as \\u00XX");
      }
      RETURN_IF_ERROR(ParseEscape(&text));
    }
  }

  absl::Status ParseEscape(std::string* text) {
    static constexpr absl::string_view kNames = "\"\\/bfnrt";
    static constexpr absl::string_view kValues = "\"\\/\b\f\n\r\t";
    if (rest_.size() < 2) return Fail("the text ends inside a string");
    const size_t simple = kNames.find(rest_[1]);
    if (simple != absl::string_view::npos) {
      *text += kValues[simple];
      rest_.remove_prefix(2);
      return absl::OkStatus();
    }
    uint32_t code = 0;
    if (!TakeUnicodeEscape(&code)) return Fail("no escape that JSON has");
    if (code >= 0xD800 && code < 0xE000) {
      uint32_t low = 0;
      if (code >= 0xDC00 || !TakeUnicodeEscape(&low) || low < 0xDC00 ||
          low > 0xDFFF) {
        return Fail("half of a surrogate pair");
      }
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendUtf8(code, text);
    return absl::OkStatus();
  }

  bool TakeUnicodeEscape(uint32_t* code) {
    if (!absl::StartsWith(rest_, "\\u") || rest_.size() < 6) return false;
    const absl::string_view digits = rest_.substr(2, 4);
    if (!absl::c_all_of(digits, absl::ascii_isxdigit)) return false;
    if (!absl::SimpleHexAtoi(digits, code)) return false;
    rest_.remove_prefix(6);
    return true;
  }

  size_t CountDigits(size_t from) const {
    size_t n = 0;
    while (from + n < rest_.size() && absl::ascii_isdigit(rest_[from + n])) ++n;
    return n;
  }

  absl::StatusOr<Value> ParseNumber() {
    if (Take("NaN")) return Value(std::numeric_limits<double>::quiet_NaN());
    if (Take("Infinity")) return Value(kInfinity);
    if (Take("-Infinity")) return Value(-kInfinity);
    size_t end = rest_[0] == '-' ? 1 : 0;
    const size_t num_digits = CountDigits(end);
    if (num_digits == 0) return Fail("no value");
    // A zero stands alone: 01 is the value 0, which 1 may not follow.
    end += rest_[end] == '0' ? 1 : num_digits;
    bool is_integer = true;
    if (end < rest_.size() && rest_[end] == '.' && CountDigits(end + 1) > 0) {
      end += 1 + CountDigits(end + 1);
      is_integer = false;
    }
    if (end < rest_.size() && (rest_[end] == 'e' || rest_[end] == 'E')) {
      size_t digits = end + 1;
      if (digits < rest_.size() &&
          (rest_[digits] == '+' || rest_[digits] == '-')) {
        ++digits;
      }
      if (CountDigits(digits) > 0) {
        end = digits + CountDigits(digits);
        is_integer = false;
      }
    }
    const absl::string_view number = rest_.substr(0, end);
    int64_t integer = 0;
    double real = 0;
    if (is_integer && !absl::SimpleAtoi(number, &integer)) {
      return Fail("an integer beyond 64 bits; write it as a string");
    }
    // One that is too large is an infinity, as in Python.
    if (!is_integer && !absl::SimpleAtod(number, &real)) {
      return Fail("no value");
    }
    rest_.remove_prefix(end);
    return is_integer ? Value(integer) : Value(real);
  }

  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  const absl::string_view text_;
  absl::string_view rest_;
};

}  // namespace

absl::StatusOr<Value> FromJson(absl::string_view text) {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError(
        "no JSON: it is not UTF-8; convert it (iconv -t UTF-8)");
  }
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  return JsonParser(text).ParseAll();
}

}  // namespace anneal
