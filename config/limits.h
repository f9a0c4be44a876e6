// What a config may be.
#ifndef ANNEAL_CONFIG_LIMITS_H_
#define ANNEAL_CONFIG_LIMITS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "config/node.h"

namespace anneal::config {

// Dicts and lists inside each other.
inline constexpr int kMaxDepth = 100;
// Values of a tree.
inline constexpr int64_t kMaxTreeSize = 1000000;
// Values that the aliases of a YAML file copy.
inline constexpr int64_t kMaxAliasSize = 100000;
// Bytes of a file, and of all strings of a tree.
inline constexpr int64_t kMaxTextSize = int64_t{16} << 20;

// InvalidArgument, with the place, if the tree is beyond kMaxDepth or
// kMaxTreeSize, or a key or string of it is not UTF-8, which no checkpoint
// could hold.
absl::Status CheckLimits(const Node& node);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_LIMITS_H_
