// What {{ ... }} may name in a config file of any syntax besides its bases: the
// file itself and the environment.
#ifndef ANNEAL_CONFIG_FILE_VARIABLES_H_
#define ANNEAL_CONFIG_FILE_VARIABLES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "config/node.h"

namespace anneal::config {

// What fileDirname, fileBasename, fileBasenameNoExtension or fileExtname is of
// the file at `path`; none for other names.
absl::optional<std::string> FileVariable(absl::string_view name,
                                         const std::string& path);

struct EnvironmentValue {
  std::string text;
  bool is_default = false;
};

// The environment variable `name`, else `fallback`. InvalidArgument where it is
// not set and there is no fallback. As mmengine does, {{ $NAME:default }} takes
// no empty value, neither of a variable that is set nor of the default;
// ${NAME:default} `may_be_empty`.
absl::StatusOr<EnvironmentValue> ReadEnvironment(
    absl::string_view name, absl::optional<absl::string_view> fallback,
    const Place& place, bool may_be_empty = false);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_FILE_VARIABLES_H_
