// UTF-8.
#ifndef ANNEAL_FILEIO_UTF8_H_
#define ANNEAL_FILEIO_UTF8_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace anneal {

// Whether `text` is well-formed UTF-8 (Unicode table 3-7): no overlong forms,
// no surrogates, nothing past U+10FFFF.
bool IsUtf8(absl::string_view text);

// Appends a code point, no surrogate and at most U+10FFFF.
void AppendUtf8(char32_t code_point, std::string* text);

// The code points of well-formed UTF-8.
std::u32string CodePointsOf(absl::string_view text);

// Bytes as a text of the code points U+0000 to U+00FF: how pickles of protocol
// 2 write bytes.
std::string Latin1ToUtf8(absl::string_view bytes);

// The reverse; nullopt where `text`, well-formed UTF-8, has a code point past
// U+00FF.
absl::optional<std::string> Utf8ToLatin1(absl::string_view text);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_UTF8_H_
