// Texts in JSON.
#ifndef ANNEAL_FILEIO_JSON_JSON_STRING_H_
#define ANNEAL_FILEIO_JSON_JSON_STRING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace anneal {

// `text` in double quotes, with JSON's escapes, as Python's
// json.dumps(ensure_ascii=False). What is not UTF-8 becomes U+FFFD.
std::string JsonString(absl::string_view text);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_JSON_JSON_STRING_H_
