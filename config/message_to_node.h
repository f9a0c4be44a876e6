// Protobuf message -> tree: the inverse of Lower.
#ifndef ANNEAL_CONFIG_MESSAGE_TO_NODE_H_
#define ANNEAL_CONFIG_MESSAGE_TO_NODE_H_

#include <google/protobuf/message.h>

#include "absl/status/statusor.h"
#include "config/components.h"
#include "config/node.h"

namespace anneal::config {

// Which fields a tree is to show.
enum class ShowFields {
  // Those that are set: what the user gave.
  kSet,
  // Also those that the schema gives a default.
  kSetAndDefaults,
};

// The fields of `message` in order of their numbers, with components as dicts
// whose `type` is the class's name (with its scope where the name alone would
// find another class). Dicts of a google.protobuf.Struct and maps are sorted by
// key. NotFound for a component whose class is not linked, OutOfRange for an
// unsigned integer of 2^63 or more, which no config can hold.
absl::StatusOr<Node> MessageToNode(const google::protobuf::Message& message,
                                   const Components& components,
                                   ShowFields show = ShowFields::kSet);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_MESSAGE_TO_NODE_H_
