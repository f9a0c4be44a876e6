// How dicts take the keys of others.
#ifndef ANNEAL_CONFIG_PYTHON_DICT_UPDATE_H_
#define ANNEAL_CONFIG_PYTHON_DICT_UPDATE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/python/heap.h"
#include "config/python/value.h"

namespace anneal::config::python {

// The keys of dict(...) or update(...): of a dict or of pairs, then the named
// ones.
absl::StatusOr<std::vector<Table::Slot>> SlotsOfArguments(const Call& call);

// A step of mmengine's ConfigDict.update(): a dict over a dict updates it.
absl::Status UpdateConfigKey(Dict* dict, const Table::Slot& slot, Heap* heap,
                             int depth);

// mmengine's ConfigDict.merge(): `from` is merged into `*into` key by key,
// unless it says `_delete_=True`.
absl::Status MergeDict(const Value& from, const Value& into, Mark mark,
                       Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_DICT_UPDATE_H_
