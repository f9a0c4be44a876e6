// What a config of a registered class may say.
#ifndef ANNEAL_REGISTRY_CLASS_SCHEMA_H_
#define ANNEAL_REGISTRY_CLASS_SCHEMA_H_

#include <string>
#include <vector>

#include "config/components.h"
#include "config/node.h"
#include "registry/registry_index.h"

namespace anneal {

struct FieldSchema {
  std::string name;
  // In a user's words: "real", "list of integer", "FAST or SLOW"; of a
  // component "optimizer".
  std::string type;
  // The default in YAML's flow style, or of a component the default class; ""
  // where the schema has none.
  std::string default_text;
  bool required = false;
  // schema_comments.h, without the word "Required.".
  std::string comment;
  // Those of a dict with fields of its own.
  std::vector<FieldSchema> fields;
};

struct ClassSchema {
  std::string kind;
  std::string name;
  std::string scope;
  // Full name of the config message.
  std::string message;
  // The source file that registers the class.
  std::string file;
  // Anneal's Bazel target of it, or "".
  std::string target;
  std::string comment;
  // Whether it takes any fields: its config is a google.protobuf.Struct.
  bool takes_any_fields = false;
  std::vector<FieldSchema> fields;
  // A piece of a run's config that has such a component, with what must be
  // given filled in.
  config::Node example;
};

// The schema of a class that `index` has.
ClassSchema DescribeClass(const RegistryIndex& index,
                          const RegistryIndex::Entry& entry,
                          const std::string& kind);

// As text for a terminal.
std::string SchemaPage(const ClassSchema& schema);

// As a dict, for other programs.
config::Node SchemaNode(const ClassSchema& schema);

}  // namespace anneal

#endif  // ANNEAL_REGISTRY_CLASS_SCHEMA_H_
