// mmengine's lazy style of `.py` configs.
#ifndef ANNEAL_CONFIG_PYTHON_LAZY_FILE_H_
#define ANNEAL_CONFIG_PYTHON_LAZY_FILE_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"
#include "config/python/heap.h"
#include "config/python/python_file.h"

namespace anneal::config::python {

// Finds, reads and parses what `from MODULE import ...` names inside of
// read_base(): `level` leading dots go up from the folder of `importer`.
// `place` is for its errors.
using BaseFinder = std::function<absl::StatusOr<PythonFile>(
    const std::string& importer, int level, const std::string& module,
    const Place& place)>;

// Reads
//
//   with read_base():
//       from .._base_.default_runtime import *
//   from mmdet.models import RetinaNet
//   model = dict(type=RetinaNet)
//
// What a base has is there from the first line on and may be changed; imported
// names are not imported but noted: a value `RetinaNet` is the string
// "mmdet.models.RetinaNet", as mmengine's Config.to_dict() has it, and none of
// them is a key of the tree.
absl::StatusOr<Node> RunLazyFile(const PythonFile& file, const BaseFinder& find,
                                 Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_LAZY_FILE_H_
