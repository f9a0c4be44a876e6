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
#include "config/python/token_reader.h"

namespace anneal::config::python {

// Reads a file's tokens one after another: expressions by Python's precedence,
// and the small steps that statements are made of.
class ExpressionParser : public TokenReader {
 public:
  using TokenReader::TokenReader;

  // The operator of "+=" and its like.
  absl::optional<BinaryOperator> TakeAugmented();

  // One expression.
  absl::StatusOr<ExpressionPtr> Test();
  // One, or a tuple without its brackets.
  absl::StatusOr<ExpressionPtr> Tests();
  // What "for" and "del" take: one, or a tuple without its brackets.
  absl::StatusOr<ExpressionPtr> Targets();
  // InvalidArgument unless one can assign to it.
  absl::Status CheckTarget(const Expression &target,
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
  absl::Status Formatted(const Token &token, absl::string_view body,
                         bool is_raw, int depth, FormattedString *result);
  absl::StatusOr<ExpressionPtr> FieldValue(const Token &token,
                                           absl::string_view text);
  int FieldColumn(const char *field);

  // An error if the expression, or what was read so far, is too much.
  absl::StatusOr<ExpressionPtr> Make(Expression expression);
  template <typename T>
  absl::StatusOr<ExpressionPtr> Make(T form, Mark mark, int height) {
    return Make(Expression{std::move(form), mark, height});
  }

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
