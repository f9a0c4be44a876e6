// Text of a config syntax -> tree.
#ifndef ANNEAL_CONFIG_READER_H_
#define ANNEAL_CONFIG_READER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config {

// Each reader takes a whole file and the name that places carry. An empty file
// is an empty dict. Errors are InvalidArgument: "file:line:col: what; remedy".
// What is beyond the limits of limits.h is an error, found in time and memory
// that are bounded too.

// YAML 1.2's JSON schema with the words PyYAML knows (yes, no, on, off, ~), and
// 1e-3 a number. Anchors and merge keys (<<) work; of tags only the plain
// types' (!!str) do, and one file is one document.
absl::StatusOr<Node> ReadYaml(absl::string_view text,
                              const std::string& file_name);

// JSON as RFC 8259 has it; NaN and Infinity as Python's json writes them.
absl::StatusOr<Node> ReadJson(absl::string_view text,
                              const std::string& file_name);

// Protobuf's text format, without a schema: a field given several times is a
// list; `[type.googleapis.com/anneal.SGDConfig] { lr: 0.1 }` is a dict whose
// `type` is the message's name; enum words are strings.
absl::StatusOr<Node> ReadTextproto(absl::string_view text,
                                   const std::string& file_name);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_READER_H_
