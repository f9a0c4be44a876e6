// Dicts of any fields <-> google.protobuf.Struct.
#ifndef ANNEAL_CONFIG_STRUCT_NODE_H_
#define ANNEAL_CONFIG_STRUCT_NODE_H_

#include <google/protobuf/struct.pb.h>

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "config/node.h"

namespace anneal::config {

// Told each value that can't be held, with its path and what is wrong.
using FailFn = absl::FunctionRef<void(const Node& node, const std::string& path,
                                      const absl::Status& error)>;

// Fill `*out` from a dict, a list or any value. What protobuf's text format
// spells out (`fields { key: "a" value { number_value: 1 } }`) is taken for
// what it says. Failures: another kind, and an integer beyond 2^53, which a
// Struct's double does not hold.
void NodeToStruct(const Node& node, const std::string& path, FailFn fail,
                  google::protobuf::Struct* out);
void NodeToListValue(const Node& node, const std::string& path, FailFn fail,
                     google::protobuf::ListValue* out);
void NodeToValue(const Node& node, const std::string& path, FailFn fail,
                 google::protobuf::Value* out);

// The inverse: dicts sorted by key; whole numbers up to 2^53 are integers.
Node StructToNode(const google::protobuf::Struct& fields);
Node ListValueToNode(const google::protobuf::ListValue& values);
Node ValueToNode(const google::protobuf::Value& value);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_STRUCT_NODE_H_
