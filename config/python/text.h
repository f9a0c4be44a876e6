// Python values as text: str(), repr(), characters.
#ifndef ANNEAL_CONFIG_PYTHON_TEXT_H_
#define ANNEAL_CONFIG_PYTHON_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "config/python/heap.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Python's repr() and str(). Both stop where the heap's budget ends, which the
// caller checks.
std::string Repr(const Value& value, Heap* heap);
std::string Str(const Value& value, Heap* heap);
// A str's repr: in quotes, with escapes.
std::string QuotedText(absl::string_view text);

// Code points of UTF-8.
std::vector<absl::string_view> Characters(absl::string_view text);
int64_t CountCharacters(absl::string_view text);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_TEXT_H_
