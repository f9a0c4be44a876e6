// Values as JSON.
#ifndef ANNEAL_FILEIO_JSON_JSON_H_
#define ANNEAL_FILEIO_JSON_JSON_H_

#include <string>

#include "utils/value.h"

namespace anneal {

// One line in Python's style: {"lr": 0.02, "loss": NaN}. Reals have the fewest
// digits that read back the same; integer keys become texts; tensors become
// nested lists of their elements, bytes become base64, objects their
// ToValue().
std::string ToJson(const Value& value);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_JSON_JSON_H_
