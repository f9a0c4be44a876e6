// Number literals of a `.py` config.
#ifndef ANNEAL_CONFIG_PYTHON_NUMBER_LITERAL_H_
#define ANNEAL_CONFIG_PYTHON_NUMBER_LITERAL_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"
#include "config/python/syntax.h"

namespace anneal::config::python {

// 1, 1_000, 0x1F, 0o17, 0b1, 1.5, 1e-3. InvalidArgument for complex numbers
// and integers of more than 64 bits, which a config has no place for.
absl::StatusOr<Literal> ReadNumber(absl::string_view token, const Place& place);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_NUMBER_LITERAL_H_
