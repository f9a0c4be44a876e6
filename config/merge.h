// mmengine's rule for a config over its base.
#ifndef ANNEAL_CONFIG_MERGE_H_
#define ANNEAL_CONFIG_MERGE_H_

#include "absl/status/status.h"
#include "config/node.h"

namespace anneal::config {

// Merges the dict `child` into `*base`: dicts merge by key, unless the child's
// has `_delete_: true`, which replaces; everything else replaces. A dict whose
// keys are all indices changes those elements of a list. InvalidArgument, with
// both places, for a dict over anything else, an index that is not there, or a
// `_delete_` that is no bool.
absl::Status Merge(Node child, Node* base);

// Removes every `_delete_` of a tree that had nothing to be merged into.
void DropDeleteMarks(Node* node);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_MERGE_H_
