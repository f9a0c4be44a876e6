// What config/ asks of the registries.
#ifndef ANNEAL_CONFIG_COMPONENTS_H_
#define ANNEAL_CONFIG_COMPONENTS_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace anneal::config {

// A registered class: its name and its empty config message.
struct ComponentClass {
  std::string name;
  const google::protobuf::Message* config = nullptr;
};

// The classes that are linked into the program, by kind ("optimizer", "hook").
class Components {
 public:
  virtual ~Components() = default;

  // The class that `type` names: a class name, "scope.ClassName" or the full
  // name of its config message. Null where none is linked.
  virtual const ComponentClass* Find(absl::string_view kind,
                                     absl::string_view type) const = 0;
  // The class whose config message has this full name, of any kind, or null.
  virtual const ComponentClass* FindByMessage(
      absl::string_view full_name) const = 0;
  // Class names of a kind, sorted.
  virtual std::vector<std::string> Names(absl::string_view kind) const = 0;
  // The Bazel target that provides a class of Anneal's that is not linked, or
  // "".
  virtual std::string ProvidedBy(absl::string_view kind,
                                 absl::string_view type) const = 0;
};

// What to say where `type` of `kind` is not linked: the nearest name, what is
// linked, and the dependency to add.
std::string NotLinkedMessage(const Components& components,
                             absl::string_view kind, absl::string_view type);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_COMPONENTS_H_
