// Values from JSON.
#ifndef ANNEAL_FILEIO_JSON_JSON_READER_H_
#define ANNEAL_FILEIO_JSON_JSON_READER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "utils/value.h"

namespace anneal {

// What Python's json.loads makes of a text: NaN, Infinity and -Infinity are
// reals; the last of two equal keys counts. A byte order mark is skipped.
// InvalidArgument, with line and column, for what is no JSON, an integer beyond
// 64 bits (Python has them), half of a surrogate pair, text that is not UTF-8,
// or nesting beyond 1000.
absl::StatusOr<Value> FromJson(absl::string_view text);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_JSON_JSON_READER_H_
