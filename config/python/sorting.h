// sorted(), list.sort(), min() and max().
#ifndef ANNEAL_CONFIG_PYTHON_SORTING_H_
#define ANNEAL_CONFIG_PYTHON_SORTING_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Sorts by the call's `key` and `reverse`; equal ones stay in order.
absl::Status SortItems(const Call& call, std::vector<Value>* items);

// What the call's `key` makes of each, or themselves.
absl::StatusOr<std::vector<Value>> KeysOf(const Call& call,
                                          const std::vector<Value>& items);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_SORTING_H_
