// Tree -> protobuf message.
#ifndef ANNEAL_CONFIG_LOWER_H_
#define ANNEAL_CONFIG_LOWER_H_

#include <google/protobuf/any.pb.h>
#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "config/components.h"
#include "config/node.h"

namespace anneal::config {

// Fills `*message` from the dict `node`. A field of component kind takes a dict
// whose `type` names a class of `components`; a list field takes one value
// too; a none leaves a field unset, and makes an empty Any in a map of
// components. google.protobuf.Struct, Value and ListValue take anything. A map
// may also be spelled out as its entries, each of `key` and `value`. In a
// component's dict `_scope_` names the scope in which its class and those of
// the components inside are looked up first. A name at the top of `node` that a
// `.py` file wrote and that is near to no field is a variable of that file, and
// passed over.
//
// InvalidArgument lists every mistake at once, in order of place, each
// "place: path: what; remedy": unknown fields and types with the nearest name,
// wrong kinds with the value, and required fields (options.proto) that are not
// there.
absl::Status Lower(const Node& node, const Components& components,
                   google::protobuf::Message* message);

// Fills `*any` from the dict of one component of `kind`, as Lower does for a
// field that holds one. Errors as of Lower.
absl::Status LowerComponent(const Node& node, absl::string_view kind,
                            const Components& components,
                            google::protobuf::Any* any);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_LOWER_H_
