// The scalars that a word without quotes may be.
#ifndef ANNEAL_CONFIG_SCALAR_H_
#define ANNEAL_CONFIG_SCALAR_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config {

// The integer that `text` is, as YAML and Python write it: decimal with
// optional sign and "_" between digits, 0x, 0o or 0b. False: it is none or does
// not fit 64 bits.
bool ParseInteger(absl::string_view text, int64_t* value);

// The real that `text` is: with a point, an exponent or both (1e-3 too, which
// PyYAML leaves a string), digits that are no 64-bit integer, or inf and nan as
// YAML and Python write them.
bool ParseReal(absl::string_view text, double* value);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_SCALAR_H_
