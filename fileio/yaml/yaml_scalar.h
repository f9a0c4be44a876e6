// What a plain YAML word means.
#ifndef ANNEAL_FILEIO_YAML_YAML_SCALAR_H_
#define ANNEAL_FILEIO_YAML_YAML_SCALAR_H_

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "utils/value.h"

namespace anneal {

// A scalar without quotes, as PyYAML resolves it (YAML 1.1): null, yes and no,
// integers (also 0x1F, 0b1, 017, 1_000, 1:30), reals (a point is a must: 1e5 is
// a text), else the text itself; dates stay texts. nullopt for an integer
// beyond 64 bits.
absl::optional<Value> ResolveYamlScalar(absl::string_view text);

// Whether PyYAML takes the plain scalar for a text.
bool IsYamlText(absl::string_view text);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_YAML_YAML_SCALAR_H_
