// Text of a `.py` config -> statements.
#ifndef ANNEAL_CONFIG_PYTHON_PARSER_H_
#define ANNEAL_CONFIG_PYTHON_PARSER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/python/syntax.h"

namespace anneal::config::python {

// Of a file, in bytes; the largest that is published has 75 KB.
inline constexpr int64_t kMaxSourceSize = int64_t{1} << 20;

// Names and numbers of a file that `file` stands for in marks.
struct Source {
  absl::string_view text;
  std::shared_ptr<const std::string> path;
  int32_t file = 0;
};

// Python 3.11's grammar as far as a config is data. In strings,
// {{ fileDirname }} and its like, and {{ $NAME:default }} are replaced.
// InvalidArgument, "file:line:col: ...", for what is no Python and for what is
// but would have to run: def, class, lambda, while, try, with (but read_base),
// and the like, each by its name.
absl::StatusOr<Block> Parse(const Source& source);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_PARSER_H_
