// Every class that is registered in the program, by kind.
#ifndef ANNEAL_REGISTRY_REGISTRY_INDEX_H_
#define ANNEAL_REGISTRY_REGISTRY_INDEX_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "config/components.h"

namespace anneal {

// The names behind all registries; filled before main, read-only after and
// then safe from any thread.
//
// A class's scope is the protobuf package of its config message, so
// `type: mylib.MyModel` finds MyModel of package mylib; a bare name finds the
// class of Anneal before one of another scope. "mmengine." means "anneal.".
class RegistryIndex : public config::Components {
 public:
  static RegistryIndex& Get();

  // Dies if the kind has a class of that scope and name, or another class with
  // the same config message (google.protobuf.Struct may be shared): it names
  // both source files.
  const config::ComponentClass* Add(absl::string_view kind,
                                    absl::string_view class_name,
                                    const google::protobuf::Message* config,
                                    const char* file);
  // For tests: forgets what Add added.
  void Remove(absl::string_view kind, absl::string_view class_name);

  const config::ComponentClass* Find(absl::string_view kind,
                                     absl::string_view type) const override;
  const config::ComponentClass* FindByMessage(
      absl::string_view full_name) const override;
  std::vector<std::string> Names(absl::string_view kind) const override;
  std::string ProvidedBy(absl::string_view kind,
                         absl::string_view type) const override;
  std::vector<std::string> Kinds() const;

  // NotFound: nothing of `kind` is called `type`; lists what is linked, the
  // nearest name, and the dependency to add.
  absl::Status NotLinked(absl::string_view kind, absl::string_view type) const;

 private:
  struct Entry {
    config::ComponentClass component;
    std::string scope;
    std::string file;
  };

  std::map<std::string, std::vector<std::unique_ptr<Entry>>, std::less<>>
      kinds_;
};

}  // namespace anneal

#endif  // ANNEAL_REGISTRY_REGISTRY_INDEX_H_
