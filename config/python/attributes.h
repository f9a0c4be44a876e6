// Attributes of Python values: methods, a ConfigDict's keys, an imported
// name's parts.
#ifndef ANNEAL_CONFIG_PYTHON_ATTRIBUTES_H_
#define ANNEAL_CONFIG_PYTHON_ATTRIBUTES_H_

#include <string>

#include "absl/status/statusor.h"
#include "config/python/heap.h"
#include "config/python/value.h"

namespace anneal::config::python {

// object.name. InvalidArgument where there is none.
absl::StatusOr<Value> GetAttribute(const Value& object, const std::string& name,
                                   Mark mark, Heap* heap);
// hasattr(object, name).
bool HasAttribute(const Value& object, const std::string& name, Heap* heap);

// object.name = value and del object.name, of a ConfigDict.
absl::Status SetAttribute(const Value& object, const std::string& name,
                          const Value& value, Mark mark, Heap* heap);
absl::Status DeleteAttribute(const Value& object, const std::string& name,
                             Mark mark, Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_ATTRIBUTES_H_
