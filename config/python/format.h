// Python's three ways to put values into text.
#ifndef ANNEAL_CONFIG_PYTHON_FORMAT_H_
#define ANNEAL_CONFIG_PYTHON_FORMAT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/python/heap.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Widths and precisions beyond it are an error.
inline constexpr int kMaxFormatWidth = 1000;

// format(value, spec), as f"{value:spec}" has it: fill, align, sign, #, 0,
// width, grouping, precision and type.
absl::StatusOr<std::string> FormatValue(const Value& value,
                                        absl::string_view spec, Mark mark,
                                        Heap* heap);

// text.format(...): the fields of `text` from a call's arguments.
absl::StatusOr<std::string> FormatFields(absl::string_view text,
                                         const Call& call);

// text % values.
absl::StatusOr<std::string> FormatPercent(absl::string_view text,
                                          const Value& values, Mark mark,
                                          Heap* heap);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_FORMAT_H_
