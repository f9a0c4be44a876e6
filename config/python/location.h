// What an assignment changes.
#ifndef ANNEAL_CONFIG_PYTHON_LOCATION_H_
#define ANNEAL_CONFIG_PYTHON_LOCATION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/python/heap.h"
#include "config/python/names.h"
#include "config/python/value.h"

namespace anneal::config::python {

// A place that a value can be put, evaluated: a name, object.attribute,
// object[index] or object[start:stop:step].
struct Location {
  // Null: no name.
  const std::string *name = nullptr;
  Value object;
  // Null: a subscript.
  const std::string *attribute = nullptr;
  Value index;
  bool is_slice = false;
  Value start, stop, step;
};

// The value that is there; not of a name, which has scopes. Errors, here and
// below, are InvalidArgument at `mark`.
absl::StatusOr<Value> Load(const Location &location, Mark mark, Heap *heap);
// A name is set in `names`.
absl::Status Store(const Location &location, const Value &value, Mark mark,
                   Names *names, Heap *heap);
// Python's del; not of a name.
absl::Status Remove(const Location &location, Mark mark, Heap *heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_LOCATION_H_
