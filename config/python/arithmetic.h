// Python's arithmetic of numbers.
#ifndef ANNEAL_CONFIG_PYTHON_ARITHMETIC_H_
#define ANNEAL_CONFIG_PYTHON_ARITHMETIC_H_

#include "absl/status/statusor.h"
#include "config/python/heap.h"
#include "config/python/syntax.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Of two numbers; bool is a number too.
absl::StatusOr<Value> Arithmetic(BinaryOperator op, const Value& left,
                                 const Value& right, Mark mark, Heap* heap);

// round(): halves go to the even neighbour; `digits` as in Python, None for an
// integer.
absl::StatusOr<Value> Round(const Value& number, const Value& digits, Mark mark,
                            Heap* heap);

// A float without its fraction, as an int.
absl::StatusOr<Value> Truncated(double real, Mark mark, Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_ARITHMETIC_H_
