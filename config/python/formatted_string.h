// The body of an f-string -> its texts and fields.
#ifndef ANNEAL_CONFIG_PYTHON_FORMATTED_STRING_H_
#define ANNEAL_CONFIG_PYTHON_FORMATTED_STRING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "config/node.h"

namespace anneal::config::python {

// One field, {expression!conversion:spec}, and the text before it. Views are of
// the body.
struct FormattedField {
  std::string text;  // as written, but for {{ and }}, which are one each
  // None: the text behind the last field.
  absl::optional<absl::string_view> expression;
  char conversion = '\0';  // r, s or a
  // Itself a body, of fields that have no spec of their own with fields.
  absl::optional<absl::string_view> spec;
};

// The fields of `body` in their order, and the text behind them. `is_spec`: of
// a format spec, in which {{ is no brace. InvalidArgument with `place` for
// braces that don't close, and for what Python puts into a field and a config
// has not: {x=}, a backslash, a comment, nothing.
absl::StatusOr<std::vector<FormattedField>> SplitFormatted(
    absl::string_view body, bool is_spec, const Place& place);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_FORMATTED_STRING_H_
