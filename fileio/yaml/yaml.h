// Values as YAML.
#ifndef ANNEAL_FILEIO_YAML_YAML_H_
#define ANNEAL_FILEIO_YAML_YAML_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "utils/value.h"

namespace anneal {

// What PyYAML's yaml.load makes of a document (YAML 1.1): yes is true, 1e5 a
// text, 010 the integer 8; "<<" merges; the last of two equal keys counts.
// Dates stay texts, tuples are lists. Nothing is constructed: any tag of Python
// but !!python/tuple is refused. InvalidArgument, with line and column, for
// what is no YAML or more than one document, a key that is neither text nor
// integer, an integer beyond 64 bits, nesting beyond 100, an alias
// of what has not ended, or aliases that multiply to more than a million values
// beyond the text's size.
absl::StatusOr<Value> FromYaml(absl::string_view text);

// In PyYAML's block style with sorted keys, as yaml.dump has it, but long lines
// are not folded. Reals have the fewest digits that read back the same; bytes
// are !!binary; tensors become lists of their elements, objects their
// ToValue(). InvalidArgument for a key that takes more than 1000 bytes, which
// no YAML reader takes, or text that is not UTF-8.
absl::StatusOr<std::string> ToYaml(const Value& value);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_YAML_YAML_H_
