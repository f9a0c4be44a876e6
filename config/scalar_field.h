// A scalar of the tree -> a field of a message.
#ifndef ANNEAL_CONFIG_SCALAR_FIELD_H_
#define ANNEAL_CONFIG_SCALAR_FIELD_H_

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "config/node.h"

namespace anneal::config {

// Sets `field` of `*message`, or appends where it is a list, to `node`. A real
// field takes an integer too; an enum takes its word. InvalidArgument for
// another kind ("expected an integer, found a string: fast") or a number that
// does not fit. Not for fields that hold messages.
absl::Status SetScalarField(const Node& node,
                            const google::protobuf::FieldDescriptor* field,
                            google::protobuf::Message* message);

// InvalidArgument: "expected EXPECTED, found a string: fast; REMEDY".
absl::Status WrongKindError(const Node& node, absl::string_view expected,
                            absl::string_view remedy = "");

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_SCALAR_FIELD_H_
