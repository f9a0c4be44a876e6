// Tokens of a `.py` config -> expressions.
#ifndef ANNEAL_CONFIG_PYTHON_EXPRESSION_PARSER_H_
#define ANNEAL_CONFIG_PYTHON_EXPRESSION_PARSER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "config/python/lexer.h"
#include "config/python/parser.h"
#include "config/python/syntax.h"

namespace anneal::config::python {

// Reads a file's tokens one after another: expressions by Python's precedence,
// and the small steps that statements are made of.
class ExpressionParser {
 public:
  // Both outlive it.
  ExpressionParser(const Source& source, const std::vector<Token>* tokens)
      : source_(source), tokens_(*tokens) {}

  const Token& peek() const { return tokens_[position_]; }
  Mark mark() const { return MarkOf(peek()); }
  // Past the token at hand, which is not the last one.
  void Skip() { ++position_; }

  bool IsKeyword(absl::string_view word) const;
  bool IsOperator(absl::string_view text) const;
  // Past the token if it is that one.
  bool TakeKeyword(absl::string_view word);
  bool TakeOperator(absl::string_view text);
  // The operator of "+=" and its like.
  absl::optional<BinaryOperator> TakeAugmented();
  absl::Status Expect(absl::string_view text);
  absl::Status ExpectKeyword(absl::string_view word);
  absl::StatusOr<std::string> Identifier();

  // At the token at hand.
  absl::Status Error(absl::string_view message) const;
  absl::Status ErrorAt(Mark mark, absl::string_view message) const;
  // The token at hand, for a message.
  std::string Described() const;

  // One expression.
  absl::StatusOr<ExpressionPtr> Test();
  // One, or a tuple without its brackets.
  absl::StatusOr<ExpressionPtr> Tests();
  // What "for" and "del" take: one, or a tuple without its brackets.
  absl::StatusOr<ExpressionPtr> Targets();
  // InvalidArgument unless one can assign to it.
  absl::Status CheckTarget(const Expression& target,
                           absl::string_view what) const;

 private:
  // Names of a level of precedence, from the loosest.
  absl::StatusOr<ExpressionPtr> Or();
  absl::StatusOr<ExpressionPtr> And();
  absl::StatusOr<ExpressionPtr> Not();
  absl::StatusOr<ExpressionPtr> Compare();
  absl::StatusOr<ExpressionPtr> Operand(int precedence);
  absl::StatusOr<ExpressionPtr> Sign();
  absl::StatusOr<ExpressionPtr> Primary();
  absl::StatusOr<ExpressionPtr> Atom();

  // Several of `one`, with "," between them, up to what can't begin another.
  using Level = absl::StatusOr<ExpressionPtr> (ExpressionParser::*)();
  absl::StatusOr<ExpressionPtr> Several(Level one);
  absl::StatusOr<ExpressionPtr> StarredOr(Level one);
  bool EndsTests() const;

  absl::StatusOr<ExpressionPtr> Brackets();
  absl::StatusOr<ExpressionPtr> Square();
  absl::StatusOr<ExpressionPtr> Braces();
  absl::StatusOr<ExpressionPtr> Items(Mark mark, DisplayKind kind,
                                      ExpressionPtr first,
                                      absl::string_view close);
  absl::StatusOr<ExpressionPtr> DictItems(Mark mark, ExpressionPtr key);
  absl::StatusOr<ExpressionPtr> Clauses(Mark mark, DisplayKind kind,
                                        ExpressionPtr key, ExpressionPtr value,
                                        absl::string_view close);
  absl::StatusOr<ExpressionPtr> Arguments(Mark mark, ExpressionPtr function);
  absl::StatusOr<ExpressionPtr> Index(Mark mark, ExpressionPtr object);
  absl::StatusOr<ExpressionPtr> SliceOrTest();
  absl::StatusOr<Comparator> TakeComparator();
  bool IsComparator() const;

  absl::StatusOr<ExpressionPtr> Number();
  absl::StatusOr<ExpressionPtr> Strings();
  absl::Status Formatted(const Token& token, absl::string_view body,
                         bool is_raw, int depth, FormattedString* result);
  absl::StatusOr<ExpressionPtr> FieldValue(const Token& token,
                                           absl::string_view text);
  int FieldColumn(const char* field);

  Mark MarkOf(const Token& token) const {
    return Mark{source_.file, token.line, token.column};
  }
  // An error if the expression, or what was read so far, is too much.
  absl::StatusOr<ExpressionPtr> Make(Expression expression);
  template <typename T>
  absl::StatusOr<ExpressionPtr> Make(T form, Mark mark, int height) {
    return Make(Expression{std::move(form), mark, height});
  }

  const Source& source_;
  const std::vector<Token>& tokens_;
  size_t position_ = 0;
  int depth_ = 0;
  int64_t count_ = 0;

  // Where the fields of the f-string at hand stand.
  struct {
    absl::string_view body;
    // False where something in the body was replaced: all fields then have the
    // string's column.
    bool is_as_written = false;
    size_t counted = 0;  // bytes of the body before `column`
    int column = 1;
  } fields_;
};

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_EXPRESSION_PARSER_H_
