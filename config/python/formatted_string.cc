#include "config/python/formatted_string.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

// Where the expression that begins at `start` ends: at a "!", ":" or "}" that
// is in no bracket and no string; the body's size if nothing ends it.
absl::StatusOr<size_t> FindEnd(absl::string_view body, size_t start,
                               const Place& place) {
  int depth = 0;
  char quote = '\0';
  for (size_t i = start; i < body.size(); ++i) {
    const char c = body[i];
    const char next = i + 1 < body.size() ? body[i + 1] : '\0';
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (depth > 0) {
      if (c == ')' || c == ']' || c == '}') --depth;
    } else if ((c == '!' && next != '=') || c == ':' || c == '}') {
      return i;
    } else if (c == '=' && next != '=' && i > start &&
               !absl::StrContains("=!<>", std::string(1, body[i - 1]))) {
      return ErrorAt(place, "f\"{x=}\" is not read; write f\"x={x}\" instead");
    }
  }
  return body.size();
}

// Where the "}" is that ends the spec at `start`, not that of a {} inside.
size_t FindSpecEnd(absl::string_view body, size_t start) {
  int depth = 0;
  for (size_t i = start; i < body.size(); ++i) {
    if (body[i] == '{') ++depth;
    if (body[i] == '}' && depth-- == 0) return i;
  }
  return body.size();
}

// Reads a field from behind its "{"; the position of its "}".
absl::StatusOr<size_t> ReadField(absl::string_view body, size_t start,
                                 const Place& place, FormattedField* field) {
  ASSIGN_OR_RETURN(size_t i, FindEnd(body, start, place));
  const absl::string_view expression = body.substr(start, i - start);
  if (i < body.size()) {
    if (absl::StrContains(expression, '\\') ||
        absl::StrContains(expression, '#')) {
      return ErrorAt(
          place, "a backslash or \"#\" can't stand inside {} of an f-string");
    }
    if (absl::StripAsciiWhitespace(expression).empty()) {
      return ErrorAt(place, "{} of an f-string holds nothing");
    }
    field->expression = expression;
    if (body[i] == '!') {
      field->conversion = i + 1 < body.size() ? body[i + 1] : '\0';
      if (field->conversion != 'r' && field->conversion != 's' &&
          field->conversion != 'a') {
        return ErrorAt(place, "after \"!\" stands r, s or a");
      }
      i += 2;
    }
    if (i < body.size() && body[i] == ':') {
      const size_t spec = i + 1;
      i = FindSpecEnd(body, spec);
      field->spec = body.substr(spec, i - spec);
    }
  }
  if (i < body.size() && body[i] == '}') return i;
  return ErrorAt(place, "\"{\" of the f-string isn't closed");
}

}  // namespace

absl::StatusOr<std::vector<FormattedField>> SplitFormatted(
    absl::string_view body, bool is_spec, const Place& place) {
  std::vector<FormattedField> fields(1);
  for (size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    const bool is_double = !is_spec && i + 1 < body.size() && body[i + 1] == c;
    if ((c == '{' || c == '}') && is_double) {
      fields.back().text += c;
      ++i;
    } else if (c == '}') {
      return ErrorAt(place, "\"}\" closes nothing in the f-string");
    } else if (c == '{') {
      ASSIGN_OR_RETURN(i, ReadField(body, i + 1, place, &fields.back()));
      fields.emplace_back();
    } else {
      fields.back().text += c;
    }
  }
  return fields;
}

}  // namespace anneal::config::python
