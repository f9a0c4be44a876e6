// String literals of a `.py` config.
#ifndef ANNEAL_CONFIG_PYTHON_STRING_LITERAL_H_
#define ANNEAL_CONFIG_PYTHON_STRING_LITERAL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config::python {

// A literal's parts: rb'''x''' has "rb", "'''" and "x".
struct StringLiteral {
  bool is_raw = false;
  bool is_formatted = false;
  absl::string_view body;
  size_t body_offset = 0;  // in the token
};

// InvalidArgument for bytes, which no config syntax holds, and for a prefix
// that Python doesn't know.
absl::StatusOr<StringLiteral> SplitLiteral(absl::string_view token,
                                           const Place& place);

// The text that a body, or a part of it, stands for.
absl::StatusOr<std::string> Unescape(absl::string_view body, bool is_raw,
                                     const Place& place);

// Replaces {{ fileDirname }}, {{ fileBasename }}, {{ fileBasenameNoExtension }}
// and {{ fileExtname }} by parts of the place's path, and {{ $NAME:default }}
// by the environment variable, as mmengine does in the text of a file.
absl::StatusOr<std::string> Substitute(absl::string_view body,
                                       const Place& place);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_STRING_LITERAL_H_
