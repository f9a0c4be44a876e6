#include "config/python/string_literal.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "config/file_variables.h"
#include "config/python/lexer.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

// The character of a one-letter escape, or '\0'.
char SimpleEscape(char c) {
  constexpr absl::string_view kLetters = "\\'\"abfnrtv";
  constexpr absl::string_view kCharacters = "\\'\"\a\b\f\n\r\t\v";
  const size_t i = kLetters.find(c);
  return i == kLetters.npos ? '\0' : kCharacters[i];
}

// Reads the hexadecimal or octal digits of an escape, at least one.
absl::StatusOr<uint32_t> Digits(absl::string_view digits, int base,
                                const Place& place) {
  uint32_t value = 0;
  for (const char c : digits) {
    if (!absl::ascii_isxdigit(c)) {
      return ErrorAt(place, "an escape in the string lacks digits");
    }
    value =
        value * base +
        (absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10);
  }
  if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
    return ErrorAt(place, "an escape in the string is no character");
  }
  return value;
}

}  // namespace

absl::StatusOr<StringLiteral> SplitLiteral(absl::string_view token,
                                           const Place& place) {
  StringLiteral literal;
  size_t i = 0;
  for (; token[i] != '\'' && token[i] != '"'; ++i) {
    switch (absl::ascii_tolower(token[i])) {
      case 'r':
        literal.is_raw = true;
        break;
      case 'f':
        literal.is_formatted = true;
        break;
      case 'u':
        break;
      case 'b':
        return ErrorAt(place, "bytes are no value of a config; write a string");
      default:
        return ErrorAt(place, absl::StrCat("\"", token.substr(0, i + 1),
                                           "\" is no prefix of a string"));
    }
  }
  const bool is_triple = token.size() >= i + 6 && token[i + 1] == token[i] &&
                         token[i + 2] == token[i];
  const size_t width = is_triple ? 3 : 1;
  literal.body_offset = i + width;
  literal.body = token.substr(i + width, token.size() - i - 2 * width);
  return literal;
}

absl::StatusOr<std::string> Unescape(absl::string_view body, bool is_raw,
                                     const Place& place) {
  std::string text;
  text.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (c == '\r') {
      // Line breaks are \n, however the file has them.
      if (i + 1 >= body.size() || body[i + 1] != '\n') text += '\n';
      continue;
    }
    if (c != '\\' || is_raw || i + 1 >= body.size()) {
      text += c;
      continue;
    }
    const char next = body[++i];
    if (next == '\n') continue;
    if (next == '\r') {
      if (i + 1 < body.size() && body[i + 1] == '\n') ++i;
      continue;
    }
    if (const char simple = SimpleEscape(next)) {
      text += simple;
      continue;
    }
    size_t count = next == 'x' ? 2 : next == 'u' ? 4 : next == 'U' ? 8 : 0;
    uint32_t value;
    if (count > 0) {
      if (i + count >= body.size()) {
        return ErrorAt(place, "an escape in the string lacks digits");
      }
      ASSIGN_OR_RETURN(value, Digits(body.substr(i + 1, count), 16, place));
      i += count;
    } else if (next >= '0' && next <= '7') {
      while (count < 3 && i + count < body.size() && body[i + count] >= '0' &&
             body[i + count] <= '7') {
        ++count;
      }
      ASSIGN_OR_RETURN(value, Digits(body.substr(i, count), 8, place));
      i += count - 1;
    } else if (next == 'N') {
      return ErrorAt(place, "\\N{...} is not read; write the character itself");
    } else {
      // Python keeps the backslash of what is no escape.
      text += '\\';
      text += next;
      continue;
    }
    AppendUtf8(value, &text);
  }
  return text;
}

absl::StatusOr<std::string> Substitute(absl::string_view body,
                                       const Place& place) {
  std::string text;
  size_t position = 0;
  // The first "}}" at `position` or behind it; each is searched for once.
  size_t end = body.find("}}");
  while (true) {
    const size_t start = body.find("{{", position);
    if (start == body.npos) break;
    absl::StrAppend(&text, body.substr(position, start - position));
    const EnvironmentReference reference =
        FindEnvironmentReference(body.substr(start));
    if (reference.size > 0) {
      ASSIGN_OR_RETURN(const std::string value, Resolve(reference, place));
      absl::StrAppend(&text, value);
      position = start + reference.size;
      continue;
    }
    position = start + 2;
    if (end < position) end = body.find("}}", position);
    absl::optional<std::string> value;
    if (end != body.npos && place.origin) {
      value = FileVariable(
          absl::StripAsciiWhitespace(body.substr(position, end - position)),
          *place.origin);
    }
    absl::StrAppend(&text, value ? *value : "{{");
    if (value) position = end + 2;
  }
  return absl::StrCat(text, body.substr(position));
}

}  // namespace anneal::config::python
