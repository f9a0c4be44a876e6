// Statements of a `.py` config -> the values of its variables.
#ifndef ANNEAL_CONFIG_PYTHON_EVALUATOR_H_
#define ANNEAL_CONFIG_PYTHON_EVALUATOR_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/python/heap.h"
#include "config/python/location.h"
#include "config/python/names.h"
#include "config/python/syntax.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Does what a config's statements say, with Python's meaning and within the
// heap's budget. It reads no file and calls nothing but builtins.h, methods.h
// and modules.h. Errors are InvalidArgument with file, line and column.
class Evaluator {
 public:
  // `names` starts with what the file may use, such as `_base_`.
  Evaluator(Heap *heap, Names *names) : heap_(heap), names_(names) {}

  // Assignments to `_base_` are left out; the imports of read_base() are, too:
  // who resolves bases has done both.
  absl::Status Run(const Block &block);
  absl::StatusOr<Value> Evaluate(const Expression &expression);

  // Names that were imported, which a lazy config doesn't keep.
  const std::set<std::string> &imported() const { return imported_; }

 private:
  // How a statement ends.
  enum class Flow { kNext, kBreak, kContinue };

  absl::StatusOr<Flow> RunBlock(const Block &block);
  absl::StatusOr<Flow> RunStatement(const Statement &statement);
  absl::StatusOr<Flow> RunFor(const For &statement, Mark mark);
  absl::Status RunAugmented(const AugmentedAssign &statement, Mark mark);
  absl::Status RunDelete(const Expression &target);
  absl::Status RunAssert(const Assert &statement, Mark mark);

  absl::Status AssignTo(const Expression &target, const Value &value);
  absl::Status Unpack(const Expressions &targets, const Value &value,
                      Mark mark);
  // Evaluates what the target, no tuple, is of.
  absl::StatusOr<Location> Locate(const Expression &target);
  // Where an assignment puts a name.
  Names &variables() { return scopes_.empty() ? *names_ : scopes_.back(); }

  absl::StatusOr<Value> LookUp(const Name &name, Mark mark);
  absl::StatusOr<Value> Base(const BaseReference &form, Mark mark);
  absl::StatusOr<Value> Constant(const Literal &form, Mark mark);
  absl::StatusOr<Value> Formatted(const FormattedString &form, Mark mark);
  absl::StatusOr<Value> Index(const Subscript &form, Mark mark);
  absl::StatusOr<Value> Items(const Display &form, Mark mark);
  absl::StatusOr<Value> DictItems(const DictDisplay &form, Mark mark);
  absl::StatusOr<Value> Comprehend(const Comprehension &form, Mark mark);
  absl::Status Clauses(const Comprehension &form, size_t clause, Mark mark,
                       Value *result);
  absl::StatusOr<Value> CallFunction(const CallExpression &form, Mark mark);
  absl::StatusOr<Value> Compared(const Comparison &form, Mark mark);
  absl::StatusOr<Value> Optional(const ExpressionPtr &expression);

  Heap *heap_;
  Names *names_;
  // Variables of the comprehensions that are being read, the innermost last.
  std::vector<Names> scopes_;
  std::set<std::string> imported_;
};

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_EVALUATOR_H_
