// Values of a config changed from the command line.
#ifndef ANNEAL_CONFIG_OVERRIDE_H_
#define ANNEAL_CONFIG_OVERRIDE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config {

// Applies "a.b.0.c=value". Keys that a dict lacks are added, with dicts on the
// way (the schema will say if there is no such field); a list takes an index it
// has. "a.b._delete_=true" empties the dict a.b. InvalidArgument, which shows
// what is there, for another index, a path through a scalar, or a word without
// "=".
absl::Status ApplyOverride(absl::string_view assignment, Node* root);

// mmengine's grammar of such a value: integer, real, true, false, None, a plain
// string, [1,2] and (1,2) in any depth, and 1,2 without brackets. Beyond
// mmengine: quotes keep a string a string ("5"), spaces inside one stay, null
// is None, 0x10 an integer, and {key: value} a dict.
Node ParseOverrideValue(absl::string_view text, const Place& place);

// The child of a dict or, by index, of a list; else null.
const Node* FindChild(const Node& node, absl::string_view key);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_OVERRIDE_H_
