// What config/ asks of the registries.
#ifndef ANNEAL_CONFIG_COMPONENTS_H_
#define ANNEAL_CONFIG_COMPONENTS_H_

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace anneal::config {

// A registered class: its name, the scope it stands in and its empty config
// message.
struct ComponentClass {
  std::string name;
  // "" for a class of no scope.
  std::string scope;
  const google::protobuf::Message* config = nullptr;

  // "scope.Name", or the name of a class of no scope.
  std::string ScopedName() const;
};

// The classes that are linked into the program, by kind ("optimizer", "hook").
class Components {
 public:
  virtual ~Components() = default;

  // The class that `type` names: a class name, "scope.ClassName" or the full
  // name of its config message. Null where none is linked, or where several
  // scopes have the name and none comes first.
  virtual const ComponentClass* Find(absl::string_view kind,
                                     absl::string_view type) const = 0;
  // The class whose config message has this full name, of any kind, or null.
  virtual const ComponentClass* FindByMessage(
      absl::string_view full_name) const = 0;
  // What the classes of a kind are called, sorted; with the scope where the
  // name alone would find another class or none.
  virtual std::vector<std::string> Names(absl::string_view kind) const = 0;
  // The Bazel target that provides a class of Anneal's that is not linked, or
  // "".
  virtual std::string ProvidedBy(absl::string_view kind,
                                 absl::string_view type) const = 0;
};

// `components` as a config with `default_scope: scope` sees them: a name
// without a scope is looked up in `scope` first. `components` must outlive it.
class DefaultScope : public Components {
 public:
  DefaultScope(const Components& components, std::string scope)
      : components_(components), scope_(std::move(scope)) {}

  const ComponentClass* Find(absl::string_view kind,
                             absl::string_view type) const override;
  const ComponentClass* FindByMessage(
      absl::string_view full_name) const override;
  std::vector<std::string> Names(absl::string_view kind) const override;
  std::string ProvidedBy(absl::string_view kind,
                         absl::string_view type) const override;

 private:
  const Components& components_;
  std::string scope_;
};

// What to say where `type` of `kind` is not linked.
struct NotLinked {
  // With the nearest name, or the dependency to add.
  std::string what;
  // What is linked; "" where a dependency is known.
  std::string linked;
};
NotLinked ExplainNotLinked(const Components& components, absl::string_view kind,
                           absl::string_view type);
// All of it in one.
std::string NotLinkedMessage(const Components& components,
                             absl::string_view kind, absl::string_view type);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_COMPONENTS_H_
