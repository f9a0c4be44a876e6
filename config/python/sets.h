// Filling sets.
#ifndef ANNEAL_CONFIG_PYTHON_SETS_H_
#define ANNEAL_CONFIG_PYTHON_SETS_H_

#include <vector>

#include "absl/status/status.h"
#include "config/python/heap.h"
#include "config/python/value.h"

namespace anneal::config::python {

// InvalidArgument for lists, sets and dicts, which may change.
absl::Status AddToSet(const std::vector<Value>& items, Set* set, Mark mark,
                      Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_SETS_H_
