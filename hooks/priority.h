// When a hook runs among the hooks of a point.
#ifndef ANNEAL_HOOKS_PRIORITY_H_
#define ANNEAL_HOOKS_PRIORITY_H_

#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"

namespace anneal {

// mmengine's levels; lower runs first. Any other number from 0 to 100 is as
// good.
enum Priority : int {
  kHighest = 0,
  kVeryHigh = 10,
  kHigh = 30,
  kAboveNormal = 40,
  kNormal = 50,
  kBelowNormal = 60,
  kLow = 70,
  kVeryLow = 90,
  kLowest = 100,
};

// "VERY_HIGH" for 10, the number for one without a name.
std::string PriorityName(int priority);

// The level of that name, in any case, or number. InvalidArgument, with the
// names there are, for others.
absl::StatusOr<int> ParsePriority(const google::protobuf::Value& priority);

// What a hook's config says in a field `priority` of type
// google.protobuf.Value; nullopt where its message has none or it is not given.
absl::StatusOr<absl::optional<int>> ConfiguredPriority(
    const google::protobuf::Any& config);

}  // namespace anneal

#endif  // ANNEAL_HOOKS_PRIORITY_H_
