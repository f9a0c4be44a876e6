#include "config/python/expression_parser.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "config/node.h"
#include "config/python/formatted_string.h"
#include "config/python/number_literal.h"
#include "config/python/string_literal.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

// Brackets, signs and the like inside each other.
constexpr int kMaxDepth = 100;
// Expressions inside each other; a chain of operators is one too.
constexpr int kMaxHeight = 200;
constexpr int64_t kMaxExpressions = 100000;

struct BinaryForm {
  absl::string_view text;
  BinaryOperator op;
  int precedence;
};
// Left to right all of them; ** is apart.
constexpr BinaryForm kBinary[] = {{"|", BinaryOperator::kOr, 0},
                                  {"^", BinaryOperator::kXor, 1},
                                  {"&", BinaryOperator::kAnd, 2},
                                  {"<<", BinaryOperator::kShiftLeft, 3},
                                  {">>", BinaryOperator::kShiftRight, 3},
                                  {"+", BinaryOperator::kAdd, 4},
                                  {"-", BinaryOperator::kSubtract, 4},
                                  {"*", BinaryOperator::kMultiply, 5},
                                  {"/", BinaryOperator::kDivide, 5},
                                  {"//", BinaryOperator::kFloorDivide, 5},
                                  {"%", BinaryOperator::kModulo, 5},
                                  {"**", BinaryOperator::kPower, 7}};
constexpr int kTightest = 5;

constexpr std::pair<absl::string_view, Comparator> kComparators[] = {
    {"==", Comparator::kEqual},  {"!=", Comparator::kNotEqual},
    {"<", Comparator::kLess},    {"<=", Comparator::kLessEqual},
    {">", Comparator::kGreater}, {">=", Comparator::kGreaterEqual},
    {"in", Comparator::kIn},     {"is", Comparator::kIs},
    {"not", Comparator::kNotIn}};

// What stands inside others counts how deep it is.
class Deeper {
 public:
  explicit Deeper(int *depth) : depth_(depth) { ++*depth_; }
  ~Deeper() { --*depth_; }
  Deeper(const Deeper &) = delete;
  Deeper &operator=(const Deeper &) = delete;

 private:
  int *depth_;
};

int HeightOf(const ExpressionPtr &expression) {
  return expression ? expression->height : 0;
}

int Over(const ExpressionPtr &a, const ExpressionPtr &b) {
  return std::max(HeightOf(a), HeightOf(b)) + 1;
}

}  // namespace

absl::optional<BinaryOperator> ExpressionParser::TakeAugmented() {
  if (peek().kind != Token::kOperator) return absl::nullopt;
  for (const BinaryForm &form : kBinary) {
    if (absl::StrCat(form.text, "=") != peek().text) continue;
    Skip();
    return form.op;
  }
  return absl::nullopt;
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Make(Expression expression) {
  if (expression.height > kMaxHeight) {
    return ErrorAt(expression.mark,
                   absl::StrCat("more than ", kMaxHeight,
                                " operators, calls or brackets build on each "
                                "other here; give a part of it a name"));
  }
  if (++count_ > kMaxExpressions) {
    return ErrorAt(expression.mark,
                   "too long for a config: more than 100000 expressions");
  }
  return std::make_unique<Expression>(std::move(expression));
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Test() {
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return Error("nested too deeply");
  if (IsKeyword("lambda")) {
    return Error("a .py config is read, not run: it can't have a lambda");
  }
  const Mark start = mark();
  ASSIGN_OR_RETURN(ExpressionPtr then, Or());
  if (IsOperator(":=")) {
    return Error("\":=\" is no part of a config; assign on a line of its own");
  }
  if (!TakeKeyword("if")) return then;
  Conditional form;
  form.then = std::move(then);
  ASSIGN_OR_RETURN(form.condition, Or());
  RETURN_IF_ERROR(ExpectKeyword("else"));
  ASSIGN_OR_RETURN(form.otherwise, Test());
  const int height =
      std::max(Over(form.then, form.otherwise), HeightOf(form.condition) + 1);
  return Make(std::move(form), start, height);
}

bool ExpressionParser::EndsTests() const {
  if (peek().kind == Token::kOperator) {
    static constexpr absl::string_view kEnds[] = {")", "]", "}", "=", ":", ";"};
    return std::find(std::begin(kEnds), std::end(kEnds), peek().text) !=
               std::end(kEnds) ||
           (peek().text.size() > 1 && absl::EndsWith(peek().text, "="));
  }
  return peek().kind == Token::kNewline || peek().kind == Token::kEnd ||
         IsKeyword("in");
}

absl::StatusOr<ExpressionPtr> ExpressionParser::StarredOr(Level one) {
  const Mark start = mark();
  if (!TakeOperator("*")) return (this->*one)();
  Starred form;
  ASSIGN_OR_RETURN(form.value, Operand(0));
  const int height = HeightOf(form.value) + 1;
  return Make(std::move(form), start, height);
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Several(Level one) {
  const Mark start = mark();
  ASSIGN_OR_RETURN(ExpressionPtr first, StarredOr(one));
  if (!IsOperator(",")) {
    if (first->get_if<Starred>()) {
      return ErrorAt(start, "\"*\" stands in a list, a tuple or a call");
    }
    return first;
  }
  Display form{DisplayKind::kTuple, {}};
  int height = HeightOf(first);
  form.items.push_back(std::move(first));
  while (TakeOperator(",") && !EndsTests()) {
    ASSIGN_OR_RETURN(ExpressionPtr item, StarredOr(one));
    height = std::max(height, HeightOf(item));
    form.items.push_back(std::move(item));
  }
  return Make(std::move(form), start, height + 1);
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Tests() {
  return Several(&ExpressionParser::Test);
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Targets() {
  // No comparison: its "in" ends a target.
  return Several(&ExpressionParser::Sign);
}

absl::Status ExpressionParser::CheckTarget(const Expression &target,
                                           absl::string_view what) const {
  if (target.get_if<Name>() || target.get_if<Attribute>() ||
      target.get_if<Subscript>()) {
    return absl::OkStatus();
  }
  if (const Starred *starred = target.get_if<Starred>()) {
    return CheckTarget(*starred->value, what);
  }
  const Display *display = target.get_if<Display>();
  if (display == nullptr || display->kind == DisplayKind::kSet) {
    return ErrorAt(target.mark, absl::StrCat("can't ", what,
                                             " this; a name, an attribute "
                                             "or a subscript stands here"));
  }
  for (const ExpressionPtr &item : display->items) {
    RETURN_IF_ERROR(CheckTarget(*item, what));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Or() {
  const Mark start = mark();
  ASSIGN_OR_RETURN(ExpressionPtr left, And());
  while (TakeKeyword("or")) {
    ASSIGN_OR_RETURN(ExpressionPtr right, And());
    const int height = Over(left, right);
    ASSIGN_OR_RETURN(
        left,
        Make(Logical{false, std::move(left), std::move(right)}, start, height));
  }
  return left;
}

absl::StatusOr<ExpressionPtr> ExpressionParser::And() {
  const Mark start = mark();
  ASSIGN_OR_RETURN(ExpressionPtr left, Not());
  while (TakeKeyword("and")) {
    ASSIGN_OR_RETURN(ExpressionPtr right, Not());
    const int height = Over(left, right);
    ASSIGN_OR_RETURN(
        left,
        Make(Logical{true, std::move(left), std::move(right)}, start, height));
  }
  return left;
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Not() {
  const Mark start = mark();
  if (!TakeKeyword("not")) return Compare();
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return Error("nested too deeply");
  ASSIGN_OR_RETURN(ExpressionPtr operand, Not());
  const int height = HeightOf(operand) + 1;
  return Make(Unary{UnaryOperator::kNot, std::move(operand)}, start, height);
}

bool ExpressionParser::IsComparator() const {
  return std::any_of(std::begin(kComparators), std::end(kComparators),
                     [&](const auto &one) {
                       return IsOperator(one.first) || IsKeyword(one.first);
                     });
}

absl::StatusOr<Comparator> ExpressionParser::TakeComparator() {
  for (const auto &[text, op] : kComparators) {
    if (!IsOperator(text) && !IsKeyword(text)) continue;
    Skip();
    if (op == Comparator::kNotIn) {
      RETURN_IF_ERROR(ExpectKeyword("in"));
    } else if (op == Comparator::kIs && TakeKeyword("not")) {
      return Comparator::kIsNot;
    }
    return op;
  }
  return Error("expected a comparison");
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Compare() {
  const Mark start = mark();
  ASSIGN_OR_RETURN(ExpressionPtr first, Operand(0));
  if (!IsComparator()) return first;
  Comparison form;
  int height = HeightOf(first);
  form.first = std::move(first);
  while (IsComparator()) {
    Comparison::Link link;
    ASSIGN_OR_RETURN(link.op, TakeComparator());
    ASSIGN_OR_RETURN(link.right, Operand(0));
    height = std::max(height, HeightOf(link.right));
    form.links.push_back(std::move(link));
  }
  return Make(std::move(form), start, height + 1);
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Operand(int precedence) {
  const Mark start = mark();
  ASSIGN_OR_RETURN(ExpressionPtr left, Sign());
  while (peek().kind == Token::kOperator) {
    const auto form = std::find_if(
        std::begin(kBinary), std::end(kBinary), [&](const BinaryForm &one) {
          return one.text == peek().text && one.precedence >= precedence &&
                 one.precedence <= kTightest;
        });
    if (IsOperator("@")) return Error("\"@\" is no part of a config");
    if (form == std::end(kBinary)) break;
    Skip();
    ASSIGN_OR_RETURN(ExpressionPtr right, Operand(form->precedence + 1));
    const int height = Over(left, right);
    ASSIGN_OR_RETURN(
        left, Make(Binary{form->op, std::move(left), std::move(right)}, start,
                   height));
  }
  return left;
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Sign() {
  const Mark start = mark();
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return Error("nested too deeply");
  absl::optional<UnaryOperator> op;
  if (TakeOperator("-")) {
    op = UnaryOperator::kMinus;
  } else if (TakeOperator("+")) {
    op = UnaryOperator::kPlus;
  } else if (TakeOperator("~")) {
    op = UnaryOperator::kInvert;
  }
  if (op) {
    ASSIGN_OR_RETURN(ExpressionPtr operand, Sign());
    const int height = HeightOf(operand) + 1;
    return Make(Unary{*op, std::move(operand)}, start, height);
  }
  ASSIGN_OR_RETURN(ExpressionPtr base, Primary());
  if (!TakeOperator("**")) return base;
  ASSIGN_OR_RETURN(ExpressionPtr exponent, Sign());
  const int height = Over(base, exponent);
  return Make(
      Binary{BinaryOperator::kPower, std::move(base), std::move(exponent)},
      start, height);
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Primary() {
  const Mark start = mark();
  if (IsKeyword("await") || IsKeyword("yield")) {
    return Error(absl::StrCat("a .py config is read, not run: it can't have ",
                              peek().text));
  }
  ASSIGN_OR_RETURN(ExpressionPtr value, Atom());
  while (true) {
    if (TakeOperator(".")) {
      Attribute form;
      ASSIGN_OR_RETURN(form.name, Identifier());
      const int height = HeightOf(value) + 1;
      form.object = std::move(value);
      ASSIGN_OR_RETURN(value, Make(std::move(form), start, height));
    } else if (TakeOperator("(")) {
      ASSIGN_OR_RETURN(value, Arguments(start, std::move(value)));
    } else if (TakeOperator("[")) {
      ASSIGN_OR_RETURN(value, Index(start, std::move(value)));
    } else {
      return value;
    }
  }
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Atom() {
  const Mark start = mark();
  switch (peek().kind) {
    case Token::kNumber:
      return Number();
    case Token::kString:
      return Strings();
    case Token::kBaseReference: {
      BaseReference form{absl::StrSplit(peek().text, '.')};
      Skip();
      return Make(std::move(form), start, 1);
    }
    case Token::kOperator:
      if (IsOperator("(")) return Brackets();
      if (IsOperator("[")) return Square();
      if (IsOperator("{")) return Braces();
      if (IsOperator("...")) return Error("\"...\" is no value of a config");
      break;
    case Token::kName: {
      if (TakeKeyword("None")) {
        return Make(Literal{Literal::None()}, start, 1);
      }
      if (IsKeyword("True") || IsKeyword("False")) {
        const bool flag = TakeKeyword("True");
        if (!flag) Skip();
        return Make(Literal{flag}, start, 1);
      }
      if (IsKeyword("lambda")) {
        return Error("a .py config is read, not run: it can't have a lambda");
      }
      ASSIGN_OR_RETURN(std::string id, Identifier());
      return Make(Name{std::move(id)}, start, 1);
    }
    default:
      break;
  }
  return Error(absl::StrCat("expected a value, found ", Described()));
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Number() {
  const Mark start = mark();
  ASSIGN_OR_RETURN(
      Literal literal,
      ReadNumber(peek().text, Place{source().path, start.line, start.column}));
  Skip();
  return Make(std::move(literal), start, 1);
}

// ( ... )
absl::StatusOr<ExpressionPtr> ExpressionParser::Brackets() {
  const Mark start = mark();
  Skip();
  if (IsKeyword("yield")) {
    return Error("a .py config is read, not run: it can't have yield");
  }
  if (TakeOperator(")")) {
    return Make(Display{DisplayKind::kTuple, {}}, start, 1);
  }
  ASSIGN_OR_RETURN(ExpressionPtr first, StarredOr(&ExpressionParser::Test));
  if (IsKeyword("for") || IsKeyword("async")) {
    return Clauses(start, DisplayKind::kGenerator, nullptr, std::move(first),
                   ")");
  }
  if (TakeOperator(")")) {
    if (first->get_if<Starred>()) {
      return ErrorAt(start, "\"*\" stands in a list, a tuple or a call");
    }
    return first;
  }
  return Items(start, DisplayKind::kTuple, std::move(first), ")");
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Square() {
  const Mark start = mark();
  Skip();
  if (TakeOperator("]")) {
    return Make(Display{DisplayKind::kList, {}}, start, 1);
  }
  ASSIGN_OR_RETURN(ExpressionPtr first, StarredOr(&ExpressionParser::Test));
  if (IsKeyword("for") || IsKeyword("async")) {
    return Clauses(start, DisplayKind::kList, nullptr, std::move(first), "]");
  }
  return Items(start, DisplayKind::kList, std::move(first), "]");
}

absl::StatusOr<ExpressionPtr> ExpressionParser::Braces() {
  const Mark start = mark();
  Skip();
  if (TakeOperator("}")) return Make(DictDisplay(), start, 1);
  if (IsOperator("**")) return DictItems(start, nullptr);
  ASSIGN_OR_RETURN(ExpressionPtr first, StarredOr(&ExpressionParser::Test));
  if (IsOperator(":")) return DictItems(start, std::move(first));
  if (IsKeyword("for") || IsKeyword("async")) {
    return Clauses(start, DisplayKind::kSet, nullptr, std::move(first), "}");
  }
  return Items(start, DisplayKind::kSet, std::move(first), "}");
}

// The rest of (a, b), [a, b] or {a, b}.
absl::StatusOr<ExpressionPtr> ExpressionParser::Items(Mark mark,
                                                      DisplayKind kind,
                                                      ExpressionPtr first,
                                                      absl::string_view close) {
  Display form{kind, {}};
  int height = HeightOf(first);
  form.items.push_back(std::move(first));
  while (!TakeOperator(close)) {
    RETURN_IF_ERROR(Expect(","));
    if (TakeOperator(close)) break;
    ASSIGN_OR_RETURN(ExpressionPtr item, StarredOr(&ExpressionParser::Test));
    height = std::max(height, HeightOf(item));
    form.items.push_back(std::move(item));
  }
  return Make(std::move(form), mark, height + 1);
}

// The rest of {k: v}, from its first ":" or "**".
absl::StatusOr<ExpressionPtr> ExpressionParser::DictItems(Mark mark,
                                                          ExpressionPtr key) {
  DictDisplay form;
  int height = 0;
  while (true) {
    DictDisplay::Item item;
    if (key == nullptr && TakeOperator("**")) {
      ASSIGN_OR_RETURN(item.value, Operand(0));
    } else {
      if (key == nullptr) {
        ASSIGN_OR_RETURN(key, Test());
      }
      RETURN_IF_ERROR(Expect(":"));
      item.key = std::move(key);
      ASSIGN_OR_RETURN(item.value, Test());
      if (form.items.empty() && (IsKeyword("for") || IsKeyword("async"))) {
        return Clauses(mark, DisplayKind::kDict, std::move(item.key),
                       std::move(item.value), "}");
      }
    }
    key = nullptr;
    height = std::max(height, Over(item.key, item.value));
    form.items.push_back(std::move(item));
    if (TakeOperator("}")) break;
    RETURN_IF_ERROR(Expect(","));
    if (TakeOperator("}")) break;
  }
  return Make(std::move(form), mark, height);
}

// for a in b if c, and what closes the comprehension.
absl::StatusOr<ExpressionPtr> ExpressionParser::Clauses(
    Mark mark, DisplayKind kind, ExpressionPtr key, ExpressionPtr value,
    absl::string_view close) {
  Comprehension form;
  form.kind = kind;
  int height = Over(key, value);
  form.key = std::move(key);
  form.value = std::move(value);
  while (TakeKeyword("for")) {
    Comprehension::Clause clause;
    ASSIGN_OR_RETURN(clause.target, Targets());
    RETURN_IF_ERROR(CheckTarget(*clause.target, "assign to"));
    RETURN_IF_ERROR(ExpectKeyword("in"));
    ASSIGN_OR_RETURN(clause.iterable, Or());
    height = std::max(height, Over(clause.target, clause.iterable));
    while (TakeKeyword("if")) {
      ASSIGN_OR_RETURN(ExpressionPtr condition, Or());
      height = std::max(height, HeightOf(condition) + 1);
      clause.conditions.push_back(std::move(condition));
    }
    form.clauses.push_back(std::move(clause));
    // Each clause is inside the one before.
    ++height;
  }
  if (IsKeyword("async")) {
    return Error("a .py config is read, not run: it can't have async");
  }
  if (form.value->get_if<Starred>()) {
    return ErrorAt(form.value->mark, "\"*\" can't stand in a comprehension");
  }
  RETURN_IF_ERROR(Expect(close));
  return Make(std::move(form), mark, height);
}

// The rest of f(...).
absl::StatusOr<ExpressionPtr> ExpressionParser::Arguments(
    Mark start, ExpressionPtr function) {
  CallExpression form;
  int height = HeightOf(function);
  form.function = std::move(function);
  bool has_keywords = false;
  while (!TakeOperator(")")) {
    CallExpression::Argument argument{};
    argument.mark = mark();
    if (TakeOperator("*")) {
      argument.kind = CallExpression::Argument::kList;
    } else if (TakeOperator("**")) {
      argument.kind = CallExpression::Argument::kDict;
    } else if (peek().kind == Token::kName &&
               peek_next().kind == Token::kOperator &&
               peek_next().text == "=") {
      argument.kind = CallExpression::Argument::kKeyword;
      ASSIGN_OR_RETURN(argument.name, Identifier());
      Skip();
    } else if (has_keywords) {
      return Error("an argument without a name stands behind one with a name");
    }
    has_keywords |= argument.kind == CallExpression::Argument::kKeyword ||
                    argument.kind == CallExpression::Argument::kDict;
    ASSIGN_OR_RETURN(argument.value, Test());
    const bool is_generator = IsKeyword("for") || IsKeyword("async");
    if (is_generator &&
        argument.kind == CallExpression::Argument::kPositional) {
      // Its ")" is the call's too.
      ASSIGN_OR_RETURN(argument.value,
                       Clauses(argument.mark, DisplayKind::kGenerator, nullptr,
                               std::move(argument.value), ")"));
      height = std::max(height, HeightOf(argument.value));
      form.arguments.push_back(std::move(argument));
      if (form.arguments.size() > 1) {
        return ErrorAt(start,
                       "brackets stand around a generator that is not "
                       "the only argument");
      }
      break;
    }
    height = std::max(height, HeightOf(argument.value));
    form.arguments.push_back(std::move(argument));
    if (IsOperator(")")) continue;
    RETURN_IF_ERROR(Expect(","));
  }
  return Make(std::move(form), start, height + 1);
}

absl::StatusOr<ExpressionPtr> ExpressionParser::SliceOrTest() {
  const Mark start = mark();
  Slice form;
  if (!IsOperator(":")) {
    ASSIGN_OR_RETURN(form.start, Test());
    if (!IsOperator(":")) return std::move(form.start);
  }
  Skip();
  if (!IsOperator(":") && !IsOperator("]")) {
    ASSIGN_OR_RETURN(form.stop, Test());
  }
  if (TakeOperator(":") && !IsOperator("]")) {
    ASSIGN_OR_RETURN(form.step, Test());
  }
  const int height = std::max(Over(form.start, form.stop), HeightOf(form.step));
  return Make(std::move(form), start, height);
}

// The rest of a[...].
absl::StatusOr<ExpressionPtr> ExpressionParser::Index(Mark start,
                                                      ExpressionPtr object) {
  Subscript form;
  form.object = std::move(object);
  ASSIGN_OR_RETURN(form.index, SliceOrTest());
  if (IsOperator(",")) {
    const Mark mark = form.index->mark;
    Display tuple{DisplayKind::kTuple, {}};
    int height = HeightOf(form.index);
    tuple.items.push_back(std::move(form.index));
    while (TakeOperator(",") && !IsOperator("]")) {
      ASSIGN_OR_RETURN(ExpressionPtr item, Test());
      height = std::max(height, HeightOf(item));
      tuple.items.push_back(std::move(item));
    }
    ASSIGN_OR_RETURN(form.index, Make(std::move(tuple), mark, height + 1));
  }
  RETURN_IF_ERROR(Expect("]"));
  const int height = Over(form.object, form.index);
  return Make(std::move(form), start, height);
}

// One string, or several side by side, which are one.
absl::StatusOr<ExpressionPtr> ExpressionParser::Strings() {
  const Mark start = mark();
  FormattedString form;
  bool is_formatted = false;
  form.parts.emplace_back();
  for (; peek().kind == Token::kString; Skip()) {
    const Place place{source().path, peek().line, peek().column};
    ASSIGN_OR_RETURN(const StringLiteral literal,
                     SplitLiteral(peek().text, place));
    if (absl::StrContains(literal.body, "{{") &&
        absl::StrContains(literal.body, "_base_.")) {
      return Error(
          "{{ _base_.KEY }} stands without quotes in a .py config; or write "
          "_base_.KEY");
    }
    ASSIGN_OR_RETURN(const std::string body, Substitute(literal.body, place));
    if (literal.is_formatted) {
      is_formatted = true;
      fields_.body = body;
      fields_.counted = 0;
      fields_.is_as_written = body == literal.body;
      fields_.column = peek().column;
      if (fields_.is_as_written) {
        fields_.column +=
            CountCodePoints(peek().text.substr(0, literal.body_offset));
      }
      RETURN_IF_ERROR(Formatted(peek(), body, literal.is_raw, 0, &form));
      continue;
    }
    ASSIGN_OR_RETURN(const std::string text,
                     Unescape(body, literal.is_raw, place));
    if (form.parts.back().value) form.parts.emplace_back();
    form.parts.back().text += text;
  }
  if (!is_formatted) {
    return Make(Literal{std::move(form.parts[0].text)}, start, 1);
  }
  int height = 1;
  for (const FormattedString::Part &part : form.parts) {
    height = std::max(height, Over(part.value, part.spec));
  }
  return Make(std::move(form), start, height);
}

// Appends the parts of an f-string's body. A format spec is a body too, at
// depth 1.
absl::Status ExpressionParser::Formatted(const Token &token,
                                         absl::string_view body, bool is_raw,
                                         int depth, FormattedString *result) {
  const Place place{source().path, token.line, token.column};
  ASSIGN_OR_RETURN(const std::vector<FormattedField> fields,
                   SplitFormatted(body, depth > 0, place));
  for (const FormattedField &field : fields) {
    ASSIGN_OR_RETURN(const std::string text,
                     Unescape(field.text, is_raw, place));
    if (result->parts.empty() || result->parts.back().value) {
      result->parts.emplace_back();
    }
    FormattedString::Part &part = result->parts.back();
    part.text += text;
    if (!field.expression) continue;
    if (depth > 1) return config::ErrorAt(place, "nested too deeply");
    ASSIGN_OR_RETURN(part.value, FieldValue(token, *field.expression));
    part.conversion = field.conversion;
    if (!field.spec) continue;
    FormattedString spec;
    RETURN_IF_ERROR(Formatted(token, *field.spec, is_raw, depth + 1, &spec));
    int height = 1;
    for (const FormattedString::Part &one : spec.parts) {
      height = std::max(height, HeightOf(one.value) + 1);
    }
    ASSIGN_OR_RETURN(part.spec,
                     Make(std::move(spec), part.value->mark, height));
  }
  return absl::OkStatus();
}

// The expression of a field of the f-string `token`.
absl::StatusOr<ExpressionPtr> ExpressionParser::FieldValue(
    const Token &token, absl::string_view text) {
  LexStart start;
  start.origin = source().path;
  start.line = token.line;
  start.column = FieldColumn(text.data());
  start.is_expression = true;
  ASSIGN_OR_RETURN(const Tokens tokens, Lex(text, start));
  ExpressionParser inner(source(), &tokens.tokens);
  inner.count_ = count_;
  inner.depth_ = depth_ + 1;
  ASSIGN_OR_RETURN(ExpressionPtr value, inner.Tests());
  count_ = inner.count_;
  if (inner.peek().kind == Token::kEnd) return value;
  return inner.Error(
      absl::StrCat("expected the end of {}, found ", inner.Described()));
}

// The column of what stands at `field` in the f-string that is being read. Each
// is behind the one before.
int ExpressionParser::FieldColumn(const char *field) {
  if (!fields_.is_as_written) return fields_.column;
  const size_t offset = field - fields_.body.data();
  fields_.column += CountCodePoints(
      fields_.body.substr(fields_.counted, offset - fields_.counted));
  fields_.counted = offset;
  return fields_.column;
}

}  // namespace anneal::config::python
