// UTF-8.
#ifndef ANNEAL_FILEIO_UTF8_H_
#define ANNEAL_FILEIO_UTF8_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace anneal {

// Whether `text` is well-formed UTF-8 (Unicode table 3-7): no overlong forms,
// no surrogates, nothing past U+10FFFF.
bool IsUtf8(absl::string_view text);

// Appends the code point, which is at most U+10FFFF.
void AppendUtf8(uint32_t code_point, std::string* out);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_UTF8_H_
