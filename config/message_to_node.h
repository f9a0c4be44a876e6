// Protobuf message -> tree: the inverse of Lower.
#ifndef ANNEAL_CONFIG_MESSAGE_TO_NODE_H_
#define ANNEAL_CONFIG_MESSAGE_TO_NODE_H_

#include <google/protobuf/message.h>

#include "absl/status/statusor.h"
#include "config/components.h"
#include "config/node.h"

namespace anneal::config {

// The fields that are set, with components as dicts whose `type` is the class's
// name. NotFound for a component whose class is not linked.
absl::StatusOr<Node> MessageToNode(const google::protobuf::Message& message,
                                   const Components& components);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_MESSAGE_TO_NODE_H_
