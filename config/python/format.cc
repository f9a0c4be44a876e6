#include "config/python/format.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "config/python/arithmetic.h"
#include "config/python/attributes.h"
#include "config/python/items.h"
#include "config/python/text.h"
#include "utils/real_text.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

struct Spec {
  std::string fill = " ";
  char align = '\0';  // '<', '>', '^', '='
  // Zeros go behind the sign of a number, and behind all of a str.
  bool has_zeros = false;
  char sign = '-';  // or '+', ' '
  bool is_alternate = false;
  int width = 0;
  char grouping = '\0';
  int precision = -1;
  char type = '\0';
};

constexpr absl::string_view kAligns = "<>^=";

absl::StatusOr<Spec> ParseSpec(absl::string_view text, Mark mark, Heap* heap) {
  Spec spec;
  const absl::string_view whole = text;
  const auto bad = [&]() {
    return heap->Error(
        mark, absl::StrCat("\"", whole.substr(0, 40), "\" is no format"));
  };
  const auto number = [&](int* value) {
    size_t size = 0;
    while (size < text.size() && absl::ascii_isdigit(text[size])) ++size;
    const bool is_one = size > 0 && size < 6 &&
                        absl::SimpleAtoi(text.substr(0, size), value) &&
                        *value <= kMaxFormatWidth;
    text.remove_prefix(size);
    return is_one;
  };
  const auto take = [&](absl::string_view of, char* where) {
    if (text.empty() || !absl::StrContains(of, text[0])) return false;
    *where = text[0];
    text.remove_prefix(1);
    return true;
  };
  size_t first = text.empty() ? 0 : 1;
  while (first < text.size() && (text[first] & 0xC0) == 0x80) ++first;
  const bool has_fill =
      first < text.size() && absl::StrContains(kAligns, text[first]);
  if (has_fill) {
    spec.fill = std::string(text.substr(0, first));
    spec.align = text[first];
    text.remove_prefix(first + 1);
  } else {
    take(kAligns, &spec.align);
  }
  take("+- ", &spec.sign);
  char flag = '\0';
  spec.is_alternate = take("#", &flag);
  if (!text.empty() && text[0] == '0') {
    spec.has_zeros = spec.align == '\0';
    if (!has_fill) spec.fill = "0";
    if (spec.has_zeros) spec.align = '=';
    text.remove_prefix(1);
  }
  if (!text.empty() && absl::ascii_isdigit(text[0]) && !number(&spec.width)) {
    return bad();
  }
  take(",_", &spec.grouping);
  if (take(".", &flag) && !number(&spec.precision)) return bad();
  take("bcdeEfFgGnosxX%", &spec.type);
  if (!text.empty() || spec.type == 'n' || spec.type == 'c') return bad();
  return spec;
}

// `sign` and `body` in the width.
std::string Padded(absl::string_view sign, absl::string_view body,
                   const Spec& spec, char default_align) {
  const int64_t count =
      spec.width - CountCharacters(sign) - CountCharacters(body);
  if (count <= 0) return absl::StrCat(sign, body);
  const auto fill = [&](int64_t times) {
    std::string text;
    for (int64_t i = 0; i < times; ++i) text += spec.fill;
    return text;
  };
  switch (spec.align ? spec.align : default_align) {
    case '<':
      return absl::StrCat(sign, body, fill(count));
    case '^':
      return absl::StrCat(fill(count / 2), sign, body, fill(count - count / 2));
    case '=':
      return absl::StrCat(sign, fill(count), body);
    default:
      return absl::StrCat(fill(count), sign, body);
  }
}

// Puts `separator` between each `every` digits of the integer that `text`
// begins with.
std::string Grouped(absl::string_view text, char separator, size_t every) {
  if (separator == '\0') return std::string(text);
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isalnum(text[digits]) &&
         text[digits] != 'e') {
    ++digits;
  }
  std::string out;
  for (size_t i = 0; i < digits; ++i) {
    if (i > 0 && (digits - i) % every == 0) out += separator;
    out += text[i];
  }
  return out + std::string(text.substr(digits));
}

std::string SignOf(bool is_negative, const Spec& spec) {
  if (is_negative) return "-";
  return spec.sign == '-' ? "" : std::string(1, spec.sign);
}

std::string FormatInteger(int64_t value, const Spec& spec) {
  uint64_t rest = value < 0 ? 0 - static_cast<uint64_t>(value) : value;
  const int base = spec.type == 'b'                        ? 2
                   : spec.type == 'o'                      ? 8
                   : absl::ascii_tolower(spec.type) == 'x' ? 16
                                                           : 10;
  std::string digits;
  do {
    digits += "0123456789abcdef"[rest % base];
    rest /= base;
  } while (rest > 0);
  std::reverse(digits.begin(), digits.end());
  if (spec.type == 'X') absl::AsciiStrToUpper(&digits);
  std::string sign = SignOf(value < 0, spec);
  if (spec.is_alternate && base != 10)
    absl::StrAppend(&sign, "0", std::string(1, spec.type));
  return Padded(sign, Grouped(digits, spec.grouping, base == 10 ? 3 : 4), spec,
                '>');
}

std::string FormatReal(double value, const Spec& spec) {
  const bool is_negative = std::signbit(value) && !std::isnan(value);
  double size = std::fabs(value);
  if (spec.type == '%') size *= 100;
  std::string body;
  const bool is_upper = absl::ascii_isupper(spec.type);
  if (!std::isfinite(value)) {
    body = std::isnan(value) ? "nan" : "inf";
  } else if (spec.type == '\0' && spec.precision < 0) {
    body = RealText(size);
  } else {
    const int precision = spec.precision < 0 ? 6 : spec.precision;
    switch (absl::ascii_tolower(spec.type)) {
      case 'e':
        body = absl::StrFormat("%.*e", precision, size);
        break;
      case 'f':
      case '%':
        body = absl::StrFormat("%.*f", precision, size);
        break;
      default:
        body = absl::StrFormat("%.*g", std::max(precision, 1), size);
        // Without a type there is a digit behind the point.
        if (spec.type == '\0' && !absl::StrContains(body, '.') &&
            !absl::StrContains(body, 'e')) {
          const bool has_room = static_cast<int>(body.size()) < precision;
          body = has_room ? body + ".0"
                          : absl::StrFormat("%.*e", std::max(precision, 1) - 1,
                                            size);
        }
    }
  }
  if (is_upper) absl::AsciiStrToUpper(&body);
  if (spec.type == '%') body += '%';
  return Padded(SignOf(is_negative, spec), Grouped(body, spec.grouping, 3),
                spec, '>');
}

// The first `count` characters.
absl::string_view Front(absl::string_view text, int64_t count) {
  size_t i = 0;
  for (; i < text.size() && count > 0; --count) {
    ++i;
    while (i < text.size() && (text[i] & 0xC0) == 0x80) ++i;
  }
  return text.substr(0, i);
}

// "a", "0", "a.b[c]" of a format field.
class FieldReader {
 public:
  explicit FieldReader(const Call& call) : call_(call) {}

  absl::StatusOr<Value> Read(absl::string_view name) {
    size_t end = name.find_first_of(".[");
    const absl::string_view first = name.substr(0, end);
    ASSIGN_OR_RETURN(Value value, Argument(first));
    absl::string_view rest = end == name.npos ? "" : name.substr(end);
    while (!rest.empty()) {
      if (rest[0] == '.') {
        end = std::min(rest.find_first_of(".[", 1), rest.size());
        ASSIGN_OR_RETURN(
            value, GetAttribute(value, std::string(rest.substr(1, end - 1)),
                                call_.mark, call_.heap));
      } else {
        end = rest.find(']');
        if (rest[0] != '[' || end == rest.npos) return Bad(name);
        const absl::string_view key = rest.substr(1, end - 1);
        int64_t index;
        const Value item =
            absl::SimpleAtoi(key, &index)
                ? Value(index, call_.mark)
                : call_.heap->NewText(std::string(key), call_.mark);
        ASSIGN_OR_RETURN(value, GetItem(value, item, call_.mark, call_.heap));
        ++end;
      }
      rest.remove_prefix(end);
    }
    return value;
  }

 private:
  absl::Status Bad(absl::string_view name) const {
    return call_.heap->Error(
        call_.mark, absl::StrCat("format(): nothing is called \"", name, "\""));
  }

  absl::StatusOr<Value> Argument(absl::string_view name) {
    size_t index = next_;
    const bool is_counted = name.empty();
    if (is_counted) ++next_;
    if (is_counted || absl::SimpleAtoi(name, &index)) {
      if (index >= call_.arguments.size()) return Bad(name);
      return call_.arguments[index];
    }
    for (const Call::Keyword& keyword : call_.keywords) {
      if (keyword.name == name) return keyword.value;
    }
    return Bad(name);
  }

  const Call& call_;
  size_t next_ = 0;
};

absl::StatusOr<std::string> Fields(absl::string_view text, const Call& call,
                                   FieldReader* reader, int depth) {
  Heap* heap = call.heap;
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_double = i + 1 < text.size() && text[i + 1] == c;
    if (c != '{' && c != '}') {
      out += c;
      continue;
    }
    if (is_double) {
      out += c;
      ++i;
      continue;
    }
    // Up to the "}" that is not of a {} inside.
    size_t end = i + 1;
    for (int level = 0; end < text.size(); ++end) {
      if (text[end] == '{') ++level;
      if (text[end] == '}' && level-- == 0) break;
    }
    if (c == '}' || end >= text.size() || depth > 1) {
      return heap->Error(call.mark, "format(): a brace without its other one");
    }
    absl::string_view field = text.substr(i + 1, end - i - 1);
    i = end;
    std::string spec;
    const size_t colon = field.find(':');
    if (colon != field.npos) {
      ASSIGN_OR_RETURN(
          spec, Fields(field.substr(colon + 1), call, reader, depth + 1));
      field = field.substr(0, colon);
    }
    char conversion = '\0';
    if (field.size() >= 2 && field[field.size() - 2] == '!') {
      conversion = field.back();
      field.remove_suffix(2);
    }
    ASSIGN_OR_RETURN(Value value, reader->Read(field));
    if (conversion != '\0') {
      value = heap->NewText(
          conversion == 's' ? Str(value, heap) : Repr(value, heap), call.mark);
    }
    ASSIGN_OR_RETURN(const std::string one,
                     FormatValue(value, spec, call.mark, heap));
    out += one;
    if (!heap->Reserve(one.size())) return heap->Check(call.mark);
  }
  return out;
}

}  // namespace

absl::StatusOr<std::string> FormatValue(const Value& value,
                                        absl::string_view text, Mark mark,
                                        Heap* heap) {
  if (text.empty()) {
    std::string result = Str(value, heap);
    RETURN_IF_ERROR(heap->Check(mark));
    return result;
  }
  ASSIGN_OR_RETURN(Spec spec, ParseSpec(text, mark, heap));
  const bool is_text_type = spec.type == 's';
  const bool is_integer_type =
      spec.type != '\0' && absl::StrContains("bdoxX", spec.type);
  if (IsNumber(value) && !is_text_type) {
    const bool is_integer = IsInteger(value);
    if (is_integer && (is_integer_type || spec.type == '\0')) {
      if (spec.precision >= 0) {
        return heap->Error(mark, "an integer's format has no precision");
      }
      return FormatInteger(AsInteger(value), spec);
    }
    if (!is_integer_type) return FormatReal(AsReal(value), spec);
  } else if (const std::string* string = TextOf(value);
             string && (is_text_type || spec.type == '\0') &&
             (spec.align != '=' || spec.has_zeros) && spec.grouping == '\0') {
    if (spec.has_zeros) spec.align = '<';
    heap->Spend(string->size() / 64);
    const absl::string_view part =
        spec.precision < 0 ? *string : Front(*string, spec.precision);
    return Padded("", part, spec, '<');
  }
  return heap->Error(mark,
                     absl::StrCat("a ", TypeName(value), " has no format \"",
                                  text.substr(0, 40), "\""));
}

absl::StatusOr<std::string> FormatFields(absl::string_view text,
                                         const Call& call) {
  FieldReader reader(call);
  return Fields(text, call, &reader, 0);
}

absl::StatusOr<std::string> FormatPercent(absl::string_view text,
                                          const Value& values, Mark mark,
                                          Heap* heap) {
  const List* tuple = values.get<List>();
  if (tuple != nullptr && !tuple->is_tuple) tuple = nullptr;
  size_t next = 0;
  std::string out;
  const auto bad = [&](absl::string_view why) {
    return heap->Error(mark, absl::StrCat("\"%\": ", why));
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (++i < text.size() && text[i] == '%') {
      out += '%';
      continue;
    }
    Value value;
    bool has_key = false;
    if (i < text.size() && text[i] == '(') {
      const size_t end = std::min(text.find(')', i), text.size());
      if (!values.get<Dict>()) return bad("%(name) takes a dict");
      const Value key =
          heap->NewText(std::string(text.substr(i + 1, end - i - 1)), mark);
      ASSIGN_OR_RETURN(value, GetItem(values, key, mark, heap));
      has_key = true;
      i = end + 1;
    }
    Spec spec;
    for (; i < text.size() && absl::StrContains("-+ 0#", text[i]); ++i) {
      if (text[i] == '-') spec.align = '<';
      if (text[i] == '+') spec.sign = '+';
      if (text[i] == ' ' && spec.sign == '-') spec.sign = ' ';
      if (text[i] == '#') spec.is_alternate = true;
      if (text[i] == '0' && spec.align == '\0') {
        spec.align = '=';
        spec.fill = "0";
      }
    }
    // "-" wins over "0".
    if (spec.align == '<') spec.fill = " ";
    const auto number = [&](int* result) {
      *result = 0;
      for (; i < text.size() && absl::ascii_isdigit(text[i]); ++i) {
        *result = std::min(*result * 10 + (text[i] - '0'), 100000);
      }
      return *result <= kMaxFormatWidth;
    };
    if (!number(&spec.width)) return bad("the width is too large");
    if (i < text.size() && text[i] == '.') {
      ++i;
      if (!number(&spec.precision)) return bad("the precision is too large");
    }
    if (i >= text.size()) return bad("the format ends too early");
    spec.type = text[i];
    if (!has_key) {
      if (tuple ? next >= tuple->items.size() : next > 0) {
        return bad("more formats than values");
      }
      value = tuple ? tuple->items[next] : values;
      ++next;
    }
    if (spec.type == 's' || spec.type == 'r') {
      const std::string one =
          spec.type == 's' ? Str(value, heap) : Repr(value, heap);
      if (spec.align == '=') {
        spec.align = '>';
        spec.fill = " ";
      }
      out += Padded("", spec.precision < 0 ? one : Front(one, spec.precision),
                    spec, '>');
    } else if (!IsNumber(value)) {
      return bad(absl::StrCat("%", std::string(1, spec.type),
                              " takes a number, not a ", TypeName(value)));
    } else if (absl::StrContains("diu", spec.type)) {
      spec.type = 'd';
      if (!IsInteger(value)) {
        ASSIGN_OR_RETURN(value, Truncated(AsReal(value), mark, heap));
      }
      out += FormatInteger(AsInteger(value), spec);
    } else if (absl::StrContains("xXo", spec.type) && IsInteger(value)) {
      out += FormatInteger(AsInteger(value), spec);
    } else if (absl::StrContains("eEfFgG", spec.type)) {
      out += FormatReal(AsReal(value), spec);
    } else {
      return bad(absl::StrCat("%", std::string(1, spec.type),
                              " is no format for a ", TypeName(value)));
    }
    if (!heap->Reserve(spec.width)) return heap->Check(mark);
    if (static_cast<int64_t>(out.size()) > kMaxText) break;
  }
  const bool is_left_over =
      tuple ? next < tuple->items.size()
            : next == 0 && !values.get<Dict>() && !values.get<List>();
  if (is_left_over) return bad("more values than formats");
  return out;
}

}  // namespace anneal::config::python
