// Functions that a config may call by their bare name.
#ifndef ANNEAL_CONFIG_PYTHON_BUILTINS_H_
#define ANNEAL_CONFIG_PYTHON_BUILTINS_H_

#include "absl/strings/string_view.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Python's builtins that only compute: abs, all, any, bool, chr, dict, divmod,
// enumerate, float, format, getattr, hasattr, int, isinstance, len, list, max,
// min, ord, pow, range, repr, reversed, round, set, sorted, str, sum, tuple,
// zip. What goes over items gives a list at once. Null for another name.
Native FindBuiltin(absl::string_view name);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_BUILTINS_H_
