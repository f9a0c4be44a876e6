// mmengine's rules for one `.py` config.
#ifndef ANNEAL_CONFIG_PYTHON_PYTHON_FILE_H_
#define ANNEAL_CONFIG_PYTHON_PYTHON_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"
#include "config/python/heap.h"
#include "config/python/syntax.h"

namespace anneal::config::python {

// A file that was read and not yet evaluated.
struct PythonFile {
  Block block;
  std::shared_ptr<const std::string> path;
  int32_t number = 0;  // in the heap's marks
};

// The heap is that of all files of a config: its budget is theirs.
absl::StatusOr<PythonFile> ParseFile(absl::string_view text,
                                     const std::string& path, Heap* heap);

// Whether the file is of mmengine's lazy style (lazy_file.h): it has no
// `_base_` and imports something that is not of Python's standard library.
bool IsLazy(const PythonFile& file);

// What the old style's `_base_ = ...` says, a string or a list; null where
// there is none.
absl::StatusOr<Node> BaseNames(const PythonFile& file, Heap* heap);

// The old style: the tree of the file's own variables, to be merged over its
// bases. It sees them as `_base_` and may change them, as mmengine lets it.
absl::StatusOr<Node> RunFile(const PythonFile& file, Node* bases, Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_PYTHON_FILE_H_
