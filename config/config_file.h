// Config files with their bases -> one tree.
#ifndef ANNEAL_CONFIG_CONFIG_FILE_H_
#define ANNEAL_CONFIG_CONFIG_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config {

// Reads a config: .py, .yaml, .yml, .json, .textproto or .pbtxt. Bases
// (`_base_`: a path or a list of them, relative to the file) are merged first
// to last, no key in two of them, and the file over them (merge.h). A base may
// be a package's (package_config.h): "mmdet::_base_/default_runtime.py", whose
// outermost components get `_scope_: mmdet`. A file with `_deprecation_:
// {expected: new.yaml, reference: URL}` is read with a warning that says so.
// A .py is one of mmengine's, of either style, and is read without running
// Python: python/python_file.h, python/lazy_file.h, docs/design/config.md; its
// bases may be of any syntax, and it may be theirs. In the others strings may
// refer to
//
//   {{ _base_.model.type }}       a value of the merged bases
//   {{ fileDirname }}             the file: also fileBasename,
//                                 fileBasenameNoExtension, fileExtname
//   ${NAME}, ${NAME:default}      an environment variable; also
//   {{ $NAME:default }}           which takes no empty value, as in mmengine
//
// A reference that is the whole string becomes the value with its type; what
// `_base_` itself says may refer to all but _base_. NotFound for a missing
// file, with a near name of its folder; InvalidArgument, with every place
// involved, for syntax, cycles and unknown references.
absl::StatusOr<Node> LoadConfig(const std::string& path);

// mmengine's Config.fromstring: the config that `text` is, in the syntax of
// files that end in `suffix` (".py", ".yaml", ...). Its place is "text.yaml" in
// the working folder, to which its bases and file variables are relative.
// Errors as of LoadConfig.
//
//   LoadConfigText("_base_ = 'lenet.py'\nrandomness = dict(seed=1)", ".py")
absl::StatusOr<Node> LoadConfigText(absl::string_view text,
                                    absl::string_view suffix);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_CONFIG_FILE_H_
