#include "config/python/parser.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "config/node.h"
#include "config/python/expression_parser.h"
#include "config/python/lexer.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

// What statements are that a config has no use for, and what to do instead.
struct Refused {
  absl::string_view keyword;
  absl::string_view what;
};
constexpr Refused kRefused[] = {
    {"def", "a function definition; write its result"},
    {"class", "a class definition; write it in C++ and register it"},
    {"while", "a while loop; use for over a range"},
    {"try", "try; a config has no exceptions"},
    {"raise", "raise; a config has no exceptions"},
    {"return", "return outside of a function"},
    {"yield", "yield outside of a function"},
    {"async", "async; a config is read at once"},
    {"await", "await; a config is read at once"},
    {"global", "a global statement; all names of a config are global"},
    {"nonlocal", "a nonlocal statement; all names of a config are global"},
};

class Parser {
 public:
  Parser(const Source& source, Tokens tokens)
      : tokens_(std::move(tokens)), reader_(source, &tokens_.tokens) {}

  absl::StatusOr<Block> File() {
    Block block;
    while (reader_.peek().kind != Token::kEnd) {
      if (reader_.peek().kind == Token::kIndent) {
        return reader_.Error("unexpected indentation");
      }
      RETURN_IF_ERROR(Line(&block));
    }
    return block;
  }

 private:
  // A line's statements, or a compound one.
  absl::Status Line(Block* block) {
    if (reader_.IsKeyword("if")) return IfStatement(block);
    if (reader_.IsKeyword("for")) return ForStatement(block);
    if (reader_.IsKeyword("with")) return WithStatement(block);
    return SimpleLine(block);
  }

  // Statements that hold no others. All that may stand behind a block's ":".
  absl::Status SimpleLine(Block* block) {
    for (const Refused& refused : kRefused) {
      if (reader_.IsKeyword(refused.keyword)) {
        return reader_.Error(absl::StrCat(
            "a .py config is read, not run: it can't have ", refused.what));
      }
    }
    if (reader_.IsOperator("@")) {
      return reader_.Error(
          "a .py config is read, not run: it can't have a decorator");
    }
    if (reader_.IsKeyword("if") || reader_.IsKeyword("for") ||
        reader_.IsKeyword("with")) {
      return reader_.Error(absl::StrCat("\"", reader_.peek().text,
                                        "\" starts a line of its own"));
    }
    while (true) {
      RETURN_IF_ERROR(Simple(block));
      if (!reader_.TakeOperator(";") ||
          reader_.peek().kind == Token::kNewline) {
        break;
      }
    }
    return EndOfLine();
  }

  absl::Status EndOfLine() {
    if (reader_.peek().kind == Token::kNewline) {
      reader_.Skip();
      return absl::OkStatus();
    }
    return reader_.Error(absl::StrCat("expected the end of the line, found ",
                                      reader_.Described()));
  }

  template <typename T>
  static void Add(T form, Mark mark, Block* block) {
    block->push_back(Statement{std::move(form), mark});
  }

  absl::Status Simple(Block* block) {
    const Mark mark = reader_.mark();
    if (reader_.TakeKeyword("pass")) {
      Add(Pass(), mark, block);
    } else if (reader_.IsKeyword("break") || reader_.IsKeyword("continue")) {
      if (loops_ == 0) {
        return reader_.Error(
            absl::StrCat(reader_.peek().text, " stands in a loop"));
      }
      const bool is_break = reader_.TakeKeyword("break");
      if (!is_break) reader_.Skip();
      is_break ? Add(Break(), mark, block) : Add(Continue(), mark, block);
    } else if (reader_.TakeKeyword("del")) {
      Delete statement;
      ASSIGN_OR_RETURN(ExpressionPtr target, reader_.Targets());
      RETURN_IF_ERROR(reader_.CheckTarget(*target, "delete"));
      statement.targets.push_back(std::move(target));
      Add(std::move(statement), mark, block);
    } else if (reader_.TakeKeyword("assert")) {
      Assert statement;
      ASSIGN_OR_RETURN(statement.condition, reader_.Test());
      if (reader_.TakeOperator(",")) {
        ASSIGN_OR_RETURN(statement.message, reader_.Test());
      }
      Add(std::move(statement), mark, block);
    } else if (reader_.TakeKeyword("import")) {
      return ImportStatement(mark, block);
    } else if (reader_.TakeKeyword("from")) {
      ASSIGN_OR_RETURN(ImportFrom statement, FromStatement());
      Add(std::move(statement), mark, block);
    } else {
      return ExpressionStatement(mark, block);
    }
    return absl::OkStatus();
  }

  absl::Status ExpressionStatement(Mark mark, Block* block) {
    ASSIGN_OR_RETURN(ExpressionPtr first, reader_.Tests());
    if (reader_.IsOperator("=")) {
      Assign statement;
      while (reader_.TakeOperator("=")) {
        RETURN_IF_ERROR(reader_.CheckTarget(*first, "assign to"));
        statement.targets.push_back(std::move(first));
        ASSIGN_OR_RETURN(first, reader_.Tests());
      }
      statement.value = std::move(first);
      Add(std::move(statement), mark, block);
    } else if (reader_.TakeOperator(":")) {
      RETURN_IF_ERROR(reader_.CheckTarget(*first, "assign to"));
      Assign statement;
      statement.targets.push_back(std::move(first));
      // An annotation says nothing.
      RETURN_IF_ERROR(reader_.Test().status());
      if (reader_.TakeOperator("=")) {
        ASSIGN_OR_RETURN(statement.value, reader_.Tests());
      }
      Add(std::move(statement), mark, block);
    } else if (const absl::optional<BinaryOperator> op =
                   reader_.TakeAugmented()) {
      RETURN_IF_ERROR(reader_.CheckTarget(*first, "assign to"));
      AugmentedAssign statement;
      statement.op = *op;
      statement.target = std::move(first);
      ASSIGN_OR_RETURN(statement.value, reader_.Tests());
      Add(std::move(statement), mark, block);
    } else {
      Evaluate statement;
      statement.value = std::move(first);
      Add(std::move(statement), mark, block);
    }
    return absl::OkStatus();
  }

  // ":" and a line, or an indented block.
  absl::Status Suite(Block* block) {
    RETURN_IF_ERROR(reader_.Expect(":"));
    if (reader_.peek().kind != Token::kNewline) return SimpleLine(block);
    reader_.Skip();
    if (reader_.peek().kind != Token::kIndent) {
      return reader_.Error("expected an indented block");
    }
    reader_.Skip();
    ++blocks_;
    while (reader_.peek().kind != Token::kDedent) {
      if (reader_.peek().kind == Token::kIndent) {
        return reader_.Error("unexpected indentation");
      }
      RETURN_IF_ERROR(Line(block));
    }
    --blocks_;
    reader_.Skip();
    return absl::OkStatus();
  }

  absl::Status IfStatement(Block* block) {
    const Mark mark = reader_.mark();
    reader_.Skip();
    If statement;
    do {
      If::Branch branch;
      ASSIGN_OR_RETURN(branch.condition, reader_.Test());
      RETURN_IF_ERROR(Suite(&branch.body));
      statement.branches.push_back(std::move(branch));
    } while (reader_.TakeKeyword("elif"));
    if (reader_.TakeKeyword("else")) {
      statement.branches.emplace_back();
      RETURN_IF_ERROR(Suite(&statement.branches.back().body));
    }
    Add(std::move(statement), mark, block);
    return absl::OkStatus();
  }

  absl::Status ForStatement(Block* block) {
    const Mark mark = reader_.mark();
    reader_.Skip();
    For statement;
    ASSIGN_OR_RETURN(statement.target, reader_.Targets());
    RETURN_IF_ERROR(reader_.CheckTarget(*statement.target, "assign to"));
    RETURN_IF_ERROR(reader_.ExpectKeyword("in"));
    ASSIGN_OR_RETURN(statement.iterable, reader_.Tests());
    ++loops_;
    const absl::Status body = Suite(&statement.body);
    --loops_;
    RETURN_IF_ERROR(body);
    if (reader_.TakeKeyword("else")) {
      RETURN_IF_ERROR(Suite(&statement.otherwise));
    }
    Add(std::move(statement), mark, block);
    return absl::OkStatus();
  }

  absl::Status WithStatement(Block* block) {
    const Mark mark = reader_.mark();
    reader_.Skip();
    if (!reader_.IsKeyword("read_base")) {
      return reader_.Error(
          "the only \"with\" of a config is \"with read_base():\"");
    }
    if (blocks_ > 0) {
      return reader_.ErrorAt(mark,
                             "\"with read_base():\" stands inside of nothing; "
                             "bases are read before the file's statements");
    }
    reader_.Skip();
    RETURN_IF_ERROR(reader_.Expect("("));
    RETURN_IF_ERROR(reader_.Expect(")"));
    Block body;
    RETURN_IF_ERROR(Suite(&body));
    ReadBase statement;
    for (Statement& inner : body) {
      auto* import = std::get_if<ImportFrom>(&inner.form);
      if (import == nullptr || import->module.empty()) {
        return reader_.ErrorAt(inner.mark,
                               "with read_base(): takes only \"from MODULE "
                               "import ...\"");
      }
      statement.imports.push_back(std::move(*import));
      statement.marks.push_back(inner.mark);
    }
    Add(std::move(statement), mark, block);
    return absl::OkStatus();
  }

  // a.b.c
  absl::StatusOr<std::string> DottedName() {
    std::string name;
    do {
      ASSIGN_OR_RETURN(const std::string part, reader_.Identifier());
      absl::StrAppend(&name, name.empty() ? "" : ".", part);
    } while (reader_.TakeOperator("."));
    return name;
  }

  absl::Status As(Alias* alias) {
    if (!reader_.TakeKeyword("as")) return absl::OkStatus();
    ASSIGN_OR_RETURN(alias->as, reader_.Identifier());
    return absl::OkStatus();
  }

  absl::Status ImportStatement(Mark mark, Block* block) {
    Import statement;
    do {
      Alias alias;
      alias.mark = reader_.mark();
      ASSIGN_OR_RETURN(alias.name, DottedName());
      RETURN_IF_ERROR(As(&alias));
      statement.names.push_back(std::move(alias));
    } while (reader_.TakeOperator(","));
    Add(std::move(statement), mark, block);
    return absl::OkStatus();
  }

  // After "from".
  absl::StatusOr<ImportFrom> FromStatement() {
    ImportFrom statement;
    while (true) {
      if (reader_.TakeOperator(".")) {
        statement.level += 1;
      } else if (reader_.TakeOperator("...")) {
        statement.level += 3;
      } else {
        break;
      }
    }
    if (!reader_.IsKeyword("import") || statement.level == 0) {
      ASSIGN_OR_RETURN(statement.module, DottedName());
    }
    RETURN_IF_ERROR(reader_.ExpectKeyword("import"));
    const Mark mark = reader_.mark();
    if (reader_.TakeOperator("*")) {
      statement.names.push_back({"*", "", mark});
      return statement;
    }
    const bool in_brackets = reader_.TakeOperator("(");
    do {
      if (in_brackets && reader_.IsOperator(")")) break;
      Alias alias;
      alias.mark = reader_.mark();
      ASSIGN_OR_RETURN(alias.name, reader_.Identifier());
      RETURN_IF_ERROR(As(&alias));
      statement.names.push_back(std::move(alias));
    } while (reader_.TakeOperator(","));
    if (in_brackets) RETURN_IF_ERROR(reader_.Expect(")"));
    return statement;
  }

  Tokens tokens_;
  ExpressionParser reader_;
  int loops_ = 0;
  int blocks_ = 0;
};

}  // namespace

absl::StatusOr<Block> Parse(const Source& source) {
  const Place place{source.path, 1, 1};
  if (source.text.size() > kMaxSourceSize) {
    return ErrorAt(place, "more than 1 MiB; is it a config?");
  }
  if (!IsUtf8(source.text)) {
    int line = 1;
    for (const absl::string_view one : absl::StrSplit(source.text, '\n')) {
      if (!IsUtf8(one)) break;
      ++line;
    }
    return ErrorAt(Place{source.path, line, 1},
                   "not UTF-8; write the file in UTF-8");
  }
  if (absl::StrContains(source.text, '\0')) {
    return ErrorAt(place, "holds a zero byte; is it a config?");
  }
  LexStart start;
  start.origin = source.path;
  ASSIGN_OR_RETURN(Tokens tokens, Lex(source.text, start));
  return Parser(source, std::move(tokens)).File();
}

}  // namespace anneal::config::python
