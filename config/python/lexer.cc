#include "config/python/lexer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "config/file_variables.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

// Of a file; published configs have up to 20,000.
constexpr size_t kMaxTokens = 300000;
constexpr size_t kMaxBrackets = 100;
constexpr size_t kMaxIndents = 100;
// Bytes of {{ $NAME:default }}.
constexpr size_t kMaxReference = 1000;
// As in Python, where a tab stands.
constexpr int kTabSize = 8;

constexpr absl::string_view kOperators[] = {
    // The longest first.
    "**=", "//=", ">>=", "<<=", "...", "==", "!=", "<=", ">=", "->", "+=", "-=",
    "*=",  "/=",  "%=",  "&=",  "|=",  "^=", ":=", "**", "//", "<<", ">>", "+",
    "-",   "*",   "/",   "%",   "&",   "|",  "^",  "~",  "<",  ">",  "(",  ")",
    "[",   "]",   "{",   "}",   ",",   ":",  ".",  ";",  "=",  "@"};

bool StartsName(char c) {
  return absl::ascii_isalpha(c) || c == '_' || (c & 0x80);
}
bool IsWordCharacter(char c) { return StartsName(c) || absl::ascii_isdigit(c); }

size_t SkipSpaces(absl::string_view text, size_t i) {
  while (i < text.size() && absl::ascii_isspace(text[i])) ++i;
  return i;
}

// `{{ _base_.a.b }}` at the start of `text`: its size, or 0.
size_t FindBaseReference(absl::string_view text, absl::string_view* path) {
  if (!absl::StartsWith(text, "{{")) return 0;
  size_t i = SkipSpaces(text, 2);
  constexpr absl::string_view kPrefix = "_base_.";
  if (!absl::StartsWith(text.substr(i), kPrefix)) return 0;
  const size_t start = i + kPrefix.size();
  i = start;
  while (i < text.size() && (IsWordCharacter(text[i]) || text[i] == '.')) ++i;
  *path = text.substr(start, i - start);
  i = SkipSpaces(text, i);
  return !path->empty() && absl::StartsWith(text.substr(i), "}}") ? i + 2 : 0;
}

// How far a line is indented.
struct Indentation {
  int columns = 0;
  int characters = 0;
};

class Lexer {
 public:
  Lexer(absl::string_view text, const LexStart& start)
      : text_(text),
        start_(start),
        line_(start.line),
        line_start_(0),
        first_column_(start.column) {}

  absl::StatusOr<Tokens> Run() {
    if (start_.is_expression) {
      return Finish();
    }
    while (position_ < text_.size()) {
      RETURN_IF_ERROR(Line());
    }
    for (; indents_.size() > 1; indents_.pop_back()) Add(Token::kDedent, 0);
    Add(Token::kEnd, 0);
    return std::move(tokens_);
  }

 private:
  absl::StatusOr<Tokens> Finish() {
    RETURN_IF_ERROR(Logical());
    Add(Token::kEnd, 0);
    return std::move(tokens_);
  }

  int Column(size_t position) const {
    return (line_ == start_.line ? first_column_ : 1) +
           CountCodePoints(text_.substr(line_start_, position - line_start_));
  }

  Place Here() const { return Place{start_.origin, line_, Column(position_)}; }
  absl::Status Error(absl::string_view message) const {
    return ErrorAt(Here(), message);
  }

  // Adds a token of `size` bytes and goes past it.
  void Add(Token::Kind kind, size_t size) {
    // Counting columns from the start of each line would take a long line's
    // length squared.
    if (line_ != column_line_ || column_position_ > position_) {
      column_line_ = line_;
      column_position_ = line_start_;
      column_ = line_ == start_.line ? first_column_ : 1;
    }
    column_ += CountCodePoints(
        text_.substr(column_position_, position_ - column_position_));
    column_position_ = position_;
    tokens_.tokens.push_back(
        {kind, line_, column_, text_.substr(position_, size)});
    position_ += size;
  }

  char At(size_t offset) const {
    return position_ + offset < text_.size() ? text_[position_ + offset] : '\0';
  }

  // Size of the line break here, 0 if there is none.
  size_t LineBreak() const {
    if (At(0) == '\n') return 1;
    if (At(0) == '\r') return At(1) == '\n' ? 2 : 1;
    return 0;
  }

  void PassLineBreak(size_t size) {
    position_ += size;
    ++line_;
    line_start_ = position_;
  }

  // Indentation, then a logical line.
  absl::Status Line() {
    Indentation indent;
    while (At(0) == ' ' || At(0) == '\t' || At(0) == '\f') {
      if (At(0) == '\f') {
        indent = Indentation();
      } else {
        ++indent.characters;
        ++indent.columns;
      }
      if (At(0) == '\t') {
        indent.columns = (indent.columns + kTabSize - 1) / kTabSize * kTabSize;
      }
      ++position_;
    }
    const bool is_empty = position_ == text_.size() || LineBreak() > 0;
    if (!is_empty && At(0) != '#') RETURN_IF_ERROR(Indent(indent));
    const size_t count = tokens_.tokens.size();
    RETURN_IF_ERROR(Logical());
    if (tokens_.tokens.size() > count) Add(Token::kNewline, 0);
    PassLineBreak(LineBreak());
    return absl::OkStatus();
  }

  absl::Status Indent(Indentation indent) {
    // What one width of a tab makes deeper, another must, too.
    bool is_clear = true;
    if (indent.columns > indents_.back().columns) {
      if (indents_.size() > kMaxIndents) return Error("nested too deeply");
      is_clear = indent.characters > indents_.back().characters;
      indents_.push_back(indent);
      Add(Token::kIndent, 0);
    }
    for (; indent.columns < indents_.back().columns; indents_.pop_back()) {
      Add(Token::kDedent, 0);
    }
    if (indent.columns != indents_.back().columns) {
      return Error("this indentation fits no block above it");
    }
    if (is_clear && indent.characters == indents_.back().characters) {
      return absl::OkStatus();
    }
    return Error(
        "tabs and spaces are mixed, so that this line's block depends on a "
        "tab's width; indent by spaces");
  }

  // Tokens up to the line break that ends them, or the end of the text.
  absl::Status Logical() {
    while (position_ < text_.size()) {
      const char c = At(0);
      if (const size_t size = LineBreak()) {
        if (brackets_.empty() && !start_.is_expression) return absl::OkStatus();
        PassLineBreak(size);
      } else if (c == ' ' || c == '\t' || c == '\f') {
        ++position_;
      } else if (c == '#') {
        position_ =
            std::min(text_.find_first_of("\r\n", position_), text_.size());
      } else if (c == '\\') {
        ++position_;
        const size_t size = LineBreak();
        if (size == 0) return Error("a backslash stands before a line's end");
        PassLineBreak(size);
      } else {
        RETURN_IF_ERROR(Next());
      }
    }
    if (brackets_.empty()) return absl::OkStatus();
    const Token& open = tokens_.tokens[brackets_.back()];
    return ErrorAt(Place{start_.origin, open.line, open.column},
                   absl::StrCat("nothing closes \"", open.text, "\""));
  }

  absl::Status Next() {
    if (tokens_.tokens.size() >= kMaxTokens) {
      return Error("too long for a config: more than 300000 words and signs");
    }
    const char c = At(0);
    if (StartsName(c)) {
      size_t size = 1;
      while (IsWordCharacter(At(size))) ++size;
      // r"", b"", Rb"", f"": which of them there are, the parser says.
      if (size <= 2 && (At(size) == '\'' || At(size) == '"')) {
        return String(size);
      }
      Add(Token::kName, size);
      return absl::OkStatus();
    }
    if (absl::ascii_isdigit(c) || (c == '.' && absl::ascii_isdigit(At(1)))) {
      return Number();
    }
    if (c == '\'' || c == '"') return String(0);
    if (c == '{' && At(1) == '{') {
      bool is_reference = false;
      RETURN_IF_ERROR(Reference(&is_reference));
      if (is_reference) return absl::OkStatus();
    }
    return Operator();
  }

  // mmengine replaces these before Python sees the text.
  absl::Status Reference(bool* is_reference) {
    const absl::string_view rest = text_.substr(position_);
    absl::string_view path;
    *is_reference = true;
    if (const size_t size = FindBaseReference(rest, &path)) {
      Add(Token::kBaseReference, size);
      tokens_.tokens.back().text = path;
      return absl::OkStatus();
    }
    const EnvironmentReference reference = FindEnvironmentReference(rest);
    if (reference.size > 0) return Environment(reference);
    const size_t end = rest.substr(0, 200).find("}}");
    if (end != rest.npos && absl::StartsWith(rest.substr(2), " ") &&
        absl::StrContains(rest.substr(0, end), "file")) {
      return Error(absl::StrCat("\"", rest.substr(0, end + 2),
                                "\" stands in quotes in a .py config"));
    }
    *is_reference = false;
    return absl::OkStatus();
  }

  absl::Status Environment(const EnvironmentReference& reference) {
    ASSIGN_OR_RETURN(std::string value, python::Resolve(reference, Here()));
    tokens_.substituted.push_back(std::move(value));
    LexStart start = start_;
    start.line = line_;
    start.column = Column(position_);
    start.is_expression = true;
    // Nothing substitutes for what was substituted.
    if (absl::StrContains(tokens_.substituted.back(), "{{")) {
      return Error("the variable's value holds \"{{\"");
    }
    ASSIGN_OR_RETURN(Tokens tokens, Lex(tokens_.substituted.back(), start));
    tokens.tokens.pop_back();
    for (Token token : tokens.tokens) {
      token.line = start.line;
      token.column = start.column;
      tokens_.tokens.push_back(token);
    }
    position_ += reference.size;
    return absl::OkStatus();
  }

  absl::Status Number() {
    size_t size = 0;
    const bool has_prefix =
        At(0) == '0' && absl::StrContains("xXoObB", At(1)) && At(1) != '\0';
    while (true) {
      const char c = At(size);
      const bool is_exponent_sign = (c == '+' || c == '-') && size > 0 &&
                                    !has_prefix &&
                                    absl::ascii_tolower(At(size - 1)) == 'e';
      if (!absl::ascii_isalnum(c) && c != '_' && c != '.' &&
          !is_exponent_sign) {
        break;
      }
      // "1if": Python still takes it; a config need not.
      ++size;
    }
    Add(Token::kNumber, size);
    return absl::OkStatus();
  }

  // A string whose prefix has `prefix` bytes.
  absl::Status String(size_t prefix) {
    const char quote = At(prefix);
    const bool is_triple = At(prefix + 1) == quote && At(prefix + 2) == quote;
    const size_t width = is_triple ? 3 : 1;
    size_t size = prefix + width;
    // Lines inside are counted when the token is there.
    while (true) {
      if (position_ + size >= text_.size()) {
        return Error(absl::StrCat("nothing closes the string at its ",
                                  is_triple ? "three quotes" : "quote"));
      }
      const char c = At(size);
      if (c == '\\') {
        size += At(size + 1) == '\r' && At(size + 2) == '\n' ? 3 : 2;
      } else if ((c == '\n' || c == '\r') && !is_triple) {
        return Error("the string doesn't end on its line; close its quote");
      } else if (c == quote && (!is_triple || (At(size + 1) == quote &&
                                               At(size + 2) == quote))) {
        size += width;
        break;
      } else {
        ++size;
      }
    }
    const size_t start = position_;
    Add(Token::kString, size);
    if (!is_triple && !absl::StrContains(text_.substr(start, size), '\n')) {
      return absl::OkStatus();
    }
    for (size_t i = start; i < position_; ++i) {
      const bool is_break =
          text_[i] == '\n' ||
          (text_[i] == '\r' && (i + 1 >= text_.size() || text_[i + 1] != '\n'));
      if (is_break) {
        ++line_;
        line_start_ = i + 1;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Operator() {
    const absl::string_view rest = text_.substr(position_);
    for (const absl::string_view text : kOperators) {
      // The first character tells most apart, at less than a call's cost.
      if (rest[0] != text[0] || !absl::StartsWith(rest, text)) continue;
      const char c = text[0];
      if (c == '(' || c == '[' || c == '{') {
        if (brackets_.size() >= kMaxBrackets) return Error("nested too deeply");
        brackets_.push_back(tokens_.tokens.size());
      } else if (text == ")" || text == "]" || text == "}") {
        RETURN_IF_ERROR(CloseBracket(c));
      }
      Add(Token::kOperator, text.size());
      return absl::OkStatus();
    }
    return Error(absl::StrCat("\"", absl::CEscape(rest.substr(0, 1)),
                              "\" is no part of Python"));
  }

  absl::Status CloseBracket(char c) {
    if (brackets_.empty()) {
      return Error(absl::StrCat("\"", std::string(1, c),
                                "\" closes nothing that is open"));
    }
    const Token& open = tokens_.tokens[brackets_.back()];
    const char opened = open.text[0];
    const char closing = opened == '(' ? ')' : opened == '[' ? ']' : '}';
    if (c != closing) {
      return Error(absl::StrCat("\"", std::string(1, c), "\" closes \"",
                                open.text, "\" of line ", open.line));
    }
    brackets_.pop_back();
    return absl::OkStatus();
  }

  absl::string_view text_;
  const LexStart& start_;
  size_t position_ = 0;
  int line_;
  size_t line_start_;
  const int first_column_;
  // The column of a position, for the next one to count on from.
  int column_line_ = 0;
  size_t column_position_ = 0;
  int column_ = 1;
  std::vector<Indentation> indents_ = {Indentation()};
  std::vector<size_t> brackets_;  // positions of the open ones' tokens
  Tokens tokens_;
};

}  // namespace

absl::StatusOr<Tokens> Lex(absl::string_view text, const LexStart& start) {
  return Lexer(text, start).Run();
}

EnvironmentReference FindEnvironmentReference(absl::string_view text) {
  EnvironmentReference found;
  text = text.substr(0, kMaxReference);
  if (!absl::StartsWith(text, "{{")) return found;
  size_t i = 2;
  if (i < text.size() && (text[i] == '\'' || text[i] == '"')) ++i;
  i = SkipSpaces(text, i);
  if (i >= text.size() || text[i] != '$') return found;
  const size_t name = ++i;
  while (i < text.size() && IsWordCharacter(text[i])) ++i;
  found.name = text.substr(name, i - name);
  i = SkipSpaces(text, i);
  if (found.name.empty() || i >= text.size() || text[i] != ':') return found;
  i = SkipSpaces(text, i + 1);
  // A word up to the first closing, perhaps with spaces and a quote behind it.
  const size_t close = text.find("}}", i);
  if (close == text.npos) return found;
  absl::string_view fallback = text.substr(i, close - i);
  if (!absl::ConsumeSuffix(&fallback, "'")) {
    absl::ConsumeSuffix(&fallback, "\"");
  }
  fallback = absl::StripTrailingAsciiWhitespace(fallback);
  if (std::any_of(fallback.begin(), fallback.end(), absl::ascii_isspace)) {
    return found;
  }
  found.fallback = fallback;
  found.size = close + 2;
  return found;
}

absl::StatusOr<std::string> Resolve(const EnvironmentReference& reference,
                                    const Place& place) {
  ASSIGN_OR_RETURN(const EnvironmentValue value,
                   ReadEnvironment(reference.name, reference.fallback, place));
  return value.text;
}

int CountCodePoints(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace anneal::config::python
