// Python's operators.
#ifndef ANNEAL_CONFIG_PYTHON_OPERATORS_H_
#define ANNEAL_CONFIG_PYTHON_OPERATORS_H_

#include "absl/status/statusor.h"
#include "config/python/heap.h"
#include "config/python/syntax.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Each gives what Python 3.11 gives; InvalidArgument where Python raises, for
// integers of more than 64 bits, and for complex results.
absl::StatusOr<Value> Apply(BinaryOperator op, const Value& left,
                            const Value& right, Mark mark, Heap* heap);
absl::StatusOr<Value> Apply(UnaryOperator op, const Value& operand, Mark mark,
                            Heap* heap);
absl::StatusOr<bool> Compare(Comparator op, const Value& left,
                             const Value& right, Mark mark, Heap* heap);

// `left op= right`: lists, sets and dicts change in place, others give another
// value.
absl::StatusOr<Value> ApplyInPlace(BinaryOperator op, const Value& left,
                                   const Value& right, Mark mark, Heap* heap);

// A total order for sort(): `left < right`.
absl::StatusOr<bool> Less(const Value& left, const Value& right, Mark mark,
                          Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_OPERATORS_H_
