// Tree -> text.
#ifndef ANNEAL_CONFIG_DUMP_H_
#define ANNEAL_CONFIG_DUMP_H_

#include <google/protobuf/message.h>

#include <string>

#include "config/node.h"

namespace anneal::config {

// Block style, lists of scalars in flow style. ReadYaml gives the same tree.
std::string DumpYaml(const Node& node);
// As DumpYaml, each value with the place it comes from as a comment, and what
// it replaced on the way (provenance.h).
std::string DumpYamlWithProvenance(const Node& node);

// Indented by two. ReadJson gives the same tree.
std::string DumpJson(const Node& node);

// YAML's flow style, on one line.
std::string DumpFlow(const Node& node);

// Kind and value for a message, cut where long: "a string: fast".
std::string Described(const Node& node);

// Protobuf's text format with components expanded; ReadTextproto and Lower
// give the same message.
std::string DumpTextproto(const google::protobuf::Message& message);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_DUMP_H_
