// Methods of str, list, tuple, set and dict: those that read or change the
// value at hand and nothing else.
#ifndef ANNEAL_CONFIG_PYTHON_METHODS_H_
#define ANNEAL_CONFIG_PYTHON_METHODS_H_

#include "absl/strings/string_view.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Null if the value has no such method.
Native FindMethod(const Value& object, absl::string_view name);

// The same of one type each.
Native FindStrMethod(absl::string_view name);
Native FindListMethod(absl::string_view name, bool is_tuple);
Native FindSetMethod(absl::string_view name);
Native FindDictMethod(absl::string_view name, bool is_config_dict);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_METHODS_H_
