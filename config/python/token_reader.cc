#include "config/python/token_reader.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "config/node.h"

namespace anneal::config::python {
namespace {

constexpr absl::string_view kKeywords[] = {
    "False",  "None",   "True",    "and",      "as",       "assert", "async",
    "await",  "break",  "class",   "continue", "def",      "del",    "elif",
    "else",   "except", "finally", "for",      "from",     "global", "if",
    "import", "in",     "is",      "lambda",   "nonlocal", "not",    "or",
    "pass",   "raise",  "return",  "try",      "while",    "with",   "yield"};

}  // namespace

bool TokenReader::IsKeyword(absl::string_view word) const {
  return peek().kind == Token::kName && peek().text == word;
}

bool TokenReader::IsOperator(absl::string_view text) const {
  const Token &token = peek();
  return token.kind == Token::kOperator && token.text[0] == text[0] &&
         token.text == text;
}

bool TokenReader::TakeKeyword(absl::string_view word) {
  const bool is_it = IsKeyword(word);
  position_ += is_it;
  return is_it;
}

bool TokenReader::TakeOperator(absl::string_view text) {
  const bool is_it = IsOperator(text);
  position_ += is_it;
  return is_it;
}

absl::Status TokenReader::Expect(absl::string_view text) {
  if (TakeOperator(text)) return absl::OkStatus();
  return Error(absl::StrCat("expected \"", text, "\", found ", Described()));
}

absl::Status TokenReader::ExpectKeyword(absl::string_view word) {
  if (TakeKeyword(word)) return absl::OkStatus();
  return Error(absl::StrCat("expected \"", word, "\", found ", Described()));
}

absl::StatusOr<std::string> TokenReader::Identifier() {
  const bool is_name = peek().kind == Token::kName &&
                       std::find(std::begin(kKeywords), std::end(kKeywords),
                                 peek().text) == std::end(kKeywords);
  if (!is_name) {
    return Error(absl::StrCat("expected a name, found ", Described()));
  }
  std::string name(peek().text);
  Skip();
  return name;
}

absl::Status TokenReader::Error(absl::string_view message) const {
  return ErrorAt(mark(), message);
}

absl::Status TokenReader::ErrorAt(Mark mark, absl::string_view message) const {
  return config::ErrorAt(Place{source_.path, mark.line, mark.column}, message);
}

std::string TokenReader::Described() const {
  switch (peek().kind) {
    case Token::kEnd:
      return "the end of the file";
    case Token::kNewline:
      return "the end of the line";
    case Token::kIndent:
    case Token::kDedent:
      return "another indentation";
    default:
      return absl::StrCat("\"", peek().text.substr(0, 40), "\"");
  }
}

}  // namespace anneal::config::python
