// Tree -> the text of a .py config.
#ifndef ANNEAL_CONFIG_DUMP_PYTHON_H_
#define ANNEAL_CONFIG_DUMP_PYTHON_H_

#include <string>

#include "absl/status/statusor.h"
#include "config/node.h"

namespace anneal::config {

// mmengine's Config.pretty_text: an assignment for each key of the dict `node`,
// keys sorted, lines of at most 79 columns where values allow; equal trees give
// equal texts, so that a diff shows what differs. Where lines break is our own
// choice, not yapf's.
std::string PrettyText(const Node& node);

// PrettyText, which mmengine reads back as the same tree, tuples and sets too.
// InvalidArgument, with the place, for a key at the top that can be no name of
// a Python variable there: "a-b", "lambda", "dict", "__x".
absl::StatusOr<std::string> DumpPython(const Node& node);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_DUMP_PYTHON_H_
