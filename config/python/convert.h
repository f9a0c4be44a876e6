// Python values <-> config trees.
#ifndef ANNEAL_CONFIG_PYTHON_CONVERT_H_
#define ANNEAL_CONFIG_PYTHON_CONVERT_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "config/node.h"
#include "config/python/heap.h"
#include "config/python/names.h"
#include "config/python/value.h"

namespace anneal::config::python {

// A tree of its own with the same places. An imported name becomes
// "module.name". InvalidArgument for functions, modules and ranges, which no
// config syntax holds, for circles, and for keys that would be one.
absl::StatusOr<Node> ToNode(const Value& value, Heap* heap);

// The tree of a file's variables. Modules, functions, names that begin with
// "__" and those in `left_out` are no part of it.
absl::StatusOr<Node> ToNode(const Names& names,
                            const std::set<std::string>& left_out, Mark mark,
                            Heap* heap);

// A tree as Python values; dicts become ConfigDicts, as those of a base are.
absl::StatusOr<Value> FromNode(const Node& node, Heap* heap);

// A copy in which every dict is a ConfigDict and nothing is shared, as
// mmengine passes on what a base has.
Value AsConfig(const Value& value, Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_CONVERT_H_
