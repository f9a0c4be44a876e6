// Every class that is registered in the program, by kind.
#ifndef ANNEAL_REGISTRY_REGISTRY_INDEX_H_
#define ANNEAL_REGISTRY_REGISTRY_INDEX_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "config/components.h"

namespace anneal {

// The names behind all registries; filled before main, read-only after and
// then safe from any thread.
//
// A class's scope is the protobuf package of its config message, unless
// ANNEAL_REGISTER_IN_SCOPE names another; a class whose config is a
// google.protobuf.Struct has none otherwise. Scopes form mmengine's tree by
// their dots, with "anneal" at the root, which "mmengine" is a name of too:
//
//   mylib.det.MyModel   MyModel of mylib.det, else of mylib, else of anneal
//   MyModel             MyModel of anneal, else of no scope, else of the one
//                       scope that has it
class RegistryIndex : public config::Components {
 public:
  struct Entry {
    config::ComponentClass component;
    // The source file that registered it.
    std::string file;
  };
  using Entries = std::vector<std::shared_ptr<const Entry>>;

  static RegistryIndex& Get();

  // `scope`: null for that of the config message. Dies if the kind has a class
  // of that scope and name, or another class with the same config message
  // (google.protobuf.Struct may be shared): it names both source files.
  const config::ComponentClass* Add(absl::string_view kind,
                                    absl::string_view class_name,
                                    const google::protobuf::Message* config,
                                    const char* file,
                                    const char* scope = nullptr);

  // Notes that the classes of `kind` are those of `base`. Dies if they are
  // those of another one: it names both.
  void Declare(absl::string_view kind, const std::type_info& base);

  const config::ComponentClass* Find(absl::string_view kind,
                                     absl::string_view type) const override;
  const config::ComponentClass* FindByMessage(
      absl::string_view full_name) const override;
  std::vector<std::string> Names(absl::string_view kind) const override;
  std::string ProvidedBy(absl::string_view kind,
                         absl::string_view type) const override;
  std::vector<std::string> Kinds() const;

  // Every scope that has a class, and those above it: the tree, "anneal" first,
  // then by name; not "", which stands outside.
  std::vector<std::string> Scopes() const;

  // NotFound: nothing of `kind` is called `type`; lists what is linked, the
  // nearest name, and the dependency to add.
  absl::Status NotLinked(absl::string_view kind, absl::string_view type) const;

  // The classes of a kind, in the order in which they were registered.
  Entries entries(absl::string_view kind) const;
  // For tests, from one thread: the classes to have from now on.
  void set_entries(absl::string_view kind, Entries entries);

 private:
  bool HasScope(absl::string_view scope) const;

  std::map<std::string, Entries, std::less<>> kinds_;
  // Kind -> the name of its base.
  std::map<std::string, std::string, std::less<>> bases_;
};

// "mylib.det" and "MyModel" of "mylib.det.MyModel"; the scope is "" where there
// is none, and "anneal" for "mmengine".
std::pair<std::string, std::string> SplitScopeKey(absl::string_view type);

// The scope above: "mylib" of "mylib.det", "anneal" of "mylib", "" of "anneal"
// and of "".
std::string ParentScope(absl::string_view scope);

}  // namespace anneal

#endif  // ANNEAL_REGISTRY_REGISTRY_INDEX_H_
