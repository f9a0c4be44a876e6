// The items of a Python value, by iteration, index and slice.
#ifndef ANNEAL_CONFIG_PYTHON_ITEMS_H_
#define ANNEAL_CONFIG_PYTHON_ITEMS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/python/heap.h"
#include "config/python/value.h"

namespace anneal::config::python {

// What `for x in value` goes over, as it is now: a loop over a list that it
// changes sees the old one. InvalidArgument for what has no items.
absl::StatusOr<std::vector<Value>> ItemsOf(const Value& value, Mark mark,
                                           Heap* heap);

// len(value).
absl::StatusOr<int64_t> SizeOf(const Value& value, Mark mark, Heap* heap);

// object[index] with an index, a key or a slice's three bounds.
absl::StatusOr<Value> GetItem(const Value& object, const Value& index,
                              Mark mark, Heap* heap);
absl::StatusOr<Value> GetSlice(const Value& object, const Value& start,
                               const Value& stop, const Value& step, Mark mark,
                               Heap* heap);
// object[index] = value and del object[index], of lists and dicts.
absl::Status SetItem(const Value& object, const Value& index,
                     const Value& value, Mark mark, Heap* heap);
absl::Status DeleteItem(const Value& object, const Value& index, Mark mark,
                        Heap* heap);
// list[start:stop] = values and its deletion; no steps.
absl::Status SetSlice(const Value& object, const Value& start,
                      const Value& stop, const Value& step,
                      std::vector<Value> values, Mark mark, Heap* heap);

// Sets a key of a dict by its kind: a ConfigDict makes ConfigDicts of plain
// dicts, also of those in lists, as mmengine's does.
absl::Status SetKey(Dict* dict, const Value& key, const Value& value, Mark mark,
                    Heap* heap);
// A copy of plain dicts and of the lists around them, as ConfigDicts.
Value Hooked(const Value& value, Heap* heap);

// A position of a sequence of `size`: negative ones count from its end.
// InvalidArgument if it isn't there.
absl::StatusOr<int64_t> Position(const Value& index, int64_t size, Mark mark,
                                 Heap* heap);

// Shallow and deep copies; the deep one keeps values that are one object one.
absl::StatusOr<Value> ShallowCopy(const Value& value, Mark mark, Heap* heap);
absl::StatusOr<Value> DeepCopy(const Value& value, Mark mark, Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_ITEMS_H_
