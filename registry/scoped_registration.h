// A class that is registered as long as a test needs it.
#ifndef ANNEAL_REGISTRY_SCOPED_REGISTRATION_H_
#define ANNEAL_REGISTRY_SCOPED_REGISTRATION_H_

#include <algorithm>
#include <utility>

#include "registry/registry.h"
#include "registry/registry_index.h"

namespace anneal {

// Registers Class under `class_name`, and puts back what was there at the end
// of the scope. A class of the same name or config message is hidden meanwhile,
// so a test can stand its own in for one of the engine's:
//
//   ScopedRegistration<Optimizer, FakeSgd> fake("SGD");
//
// For one thread, while nothing else builds; the last made must be the first
// to go.
template <typename Base, typename Class>
class ScopedRegistration {
 public:
  explicit ScopedRegistration(const char* class_name,
                              const char* scope = nullptr)
      : before_(RegistryIndex::Get().entries(registry().kind())) {
    const auto* config = Class::Config::descriptor();
    RegistryIndex::Entries others = before_;
    others.erase(
        std::remove_if(
            others.begin(), others.end(),
            [&](const auto& entry) {
              return entry->component.name == class_name ||
                     (entry->component.config->GetDescriptor() == config &&
                      config->full_name() != "google.protobuf.Struct");
            }),
        others.end());
    RegistryIndex::Get().set_entries(registry().kind(), std::move(others));
    component_ = registry().template Add<Class>(class_name, __FILE__, scope);
  }
  ~ScopedRegistration() {
    registry().Forget(component_);
    RegistryIndex::Get().set_entries(registry().kind(), std::move(before_));
  }
  ScopedRegistration(const ScopedRegistration&) = delete;
  ScopedRegistration& operator=(const ScopedRegistration&) = delete;

 private:
  static typename RegistryOf<Base>::Type& registry() {
    return RegistryOf<Base>::Get();
  }

  RegistryIndex::Entries before_;
  const config::ComponentClass* component_;
};

}  // namespace anneal

#endif  // ANNEAL_REGISTRY_SCOPED_REGISTRATION_H_
