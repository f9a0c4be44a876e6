// Where Anneal's own components are.
#ifndef ANNEAL_REGISTRY_KNOWN_COMPONENTS_H_
#define ANNEAL_REGISTRY_KNOWN_COMPONENTS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace anneal {

// A class that a config can name: in which registry, and where it is.
struct KnownComponent {
  absl::string_view kind;
  absl::string_view type;
  // The Bazel target that registers it.
  absl::string_view target;
};

// Those of Anneal, by kind and type.
absl::Span<const KnownComponent> KnownComponents();

// The Bazel target of the class `type` of registry `kind` in Anneal, or "".
// Needed for classes that are not linked, so it can't be registered by them.
std::string KnownComponentTarget(absl::string_view kind,
                                 absl::string_view type);

}  // namespace anneal

#endif  // ANNEAL_REGISTRY_KNOWN_COMPONENTS_H_
