// The parts of Python's standard library that a config may import.
#ifndef ANNEAL_CONFIG_PYTHON_MODULES_H_
#define ANNEAL_CONFIG_PYTHON_MODULES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "config/python/heap.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Whether `module` ("os.path") belongs to Python's standard library, or is
// mmengine.config: mmengine imports those at once and all others lazily.
bool IsBuiltinModule(absl::string_view module);

// An attribute of a module: the functions and numbers of math, copy.copy,
// copy.deepcopy, and the functions of os.path that look at no file. Of other
// modules there is nothing.
bool FindInModule(const std::string& module, const std::string& name, Mark mark,
                  Heap* heap, Value* result);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_MODULES_H_
