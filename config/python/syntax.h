// What a `.py` config says: its statements and expressions.
#ifndef ANNEAL_CONFIG_PYTHON_SYNTAX_H_
#define ANNEAL_CONFIG_PYTHON_SYNTAX_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "config/python/mark.h"

namespace anneal::config::python {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;
using Expressions = std::vector<ExpressionPtr>;

// None, True, 1, 0.5 or a string without {}.
struct Literal {
  struct None {};
  std::variant<None, bool, int64_t, double, std::string> value;
};

// f"...": text and values in turn.
struct FormattedString {
  struct Part {
    std::string text;
    ExpressionPtr value;     // null: only text
    char conversion = '\0';  // of !r, !s
    ExpressionPtr spec;      // a string; null where there is none
  };
  std::vector<Part> parts;
};

struct Name {
  std::string id;
};

// {{ _base_.a.b }}
struct BaseReference {
  std::vector<std::string> path;
};

struct Attribute {
  ExpressionPtr object;
  std::string name;
};

struct Subscript {
  ExpressionPtr object;
  ExpressionPtr index;
};

// a:b:c inside of a subscript; any may be null.
struct Slice {
  ExpressionPtr start, stop, step;
};

// *a inside of a display or at the left of an assignment.
struct Starred {
  ExpressionPtr value;
};

enum class DisplayKind { kTuple, kList, kSet, kDict, kGenerator };

// (a, b), [a, b] or {a, b}.
struct Display {
  DisplayKind kind;
  Expressions items;
};

struct DictDisplay {
  struct Item {
    ExpressionPtr key;  // null: ** and a dict
    ExpressionPtr value;
  };
  std::vector<Item> items;
};

struct Comprehension {
  struct Clause {
    ExpressionPtr target;
    ExpressionPtr iterable;
    Expressions conditions;
  };
  DisplayKind kind;
  ExpressionPtr key;  // of a dict's
  ExpressionPtr value;
  std::vector<Clause> clauses;
};

struct CallExpression {
  struct Argument {
    enum Kind { kPositional, kKeyword, kList, kDict } kind;
    std::string name;
    Mark mark;
    ExpressionPtr value;
  };
  ExpressionPtr function;
  std::vector<Argument> arguments;
};

enum class UnaryOperator { kPlus, kMinus, kInvert, kNot };
struct Unary {
  UnaryOperator op;
  ExpressionPtr operand;
};

enum class BinaryOperator {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFloorDivide,
  kModulo,
  kPower,
  kShiftLeft,
  kShiftRight,
  kAnd,
  kOr,
  kXor,
};
struct Binary {
  BinaryOperator op;
  ExpressionPtr left, right;
};

// a and b, a or b.
struct Logical {
  bool is_and;
  ExpressionPtr left, right;
};

enum class Comparator {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn,
  kIs,
  kIsNot,
};
// a < b <= c
struct Comparison {
  struct Link {
    Comparator op;
    ExpressionPtr right;
  };
  ExpressionPtr first;
  std::vector<Link> links;
};

struct Conditional {
  ExpressionPtr condition, then, otherwise;
};

struct Expression {
  std::variant<Literal, FormattedString, Name, BaseReference, Attribute,
               Subscript, Slice, Starred, Display, DictDisplay, Comprehension,
               CallExpression, Unary, Binary, Logical, Comparison, Conditional>
      form;
  Mark mark;
  // Expressions inside each other, from the innermost, which has 1.
  int height = 1;

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&form);
  }
};

struct Statement;
using Block = std::vector<Statement>;

struct Assign {
  Expressions targets;  // a = b = value
  ExpressionPtr value;  // null: only annotated
};

struct AugmentedAssign {
  ExpressionPtr target;
  BinaryOperator op;
  ExpressionPtr value;
};

struct Evaluate {
  ExpressionPtr value;
};

struct If {
  struct Branch {
    ExpressionPtr condition;  // null: else
    Block body;
  };
  std::vector<Branch> branches;
};

struct For {
  ExpressionPtr target;
  ExpressionPtr iterable;
  Block body;
  Block otherwise;
};

struct Delete {
  Expressions targets;
};

struct Assert {
  ExpressionPtr condition;
  ExpressionPtr message;  // may be null
};

struct Pass {};
struct Break {};
struct Continue {};

// A name and the name it gets here ("" for its own).
struct Alias {
  std::string name;
  std::string as;
  Mark mark;
};

struct Import {
  std::vector<Alias> names;
};

struct ImportFrom {
  int level = 0;  // leading dots
  std::string module;
  std::vector<Alias> names;  // one "*" for all
};

// with read_base():
struct ReadBase {
  std::vector<ImportFrom> imports;
  std::vector<Mark> marks;  // of each
};

struct Statement {
  std::variant<Assign, AugmentedAssign, Evaluate, If, For, Delete, Assert, Pass,
               Break, Continue, Import, ImportFrom, ReadBase>
      form;
  Mark mark;

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&form);
  }
};

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_SYNTAX_H_
