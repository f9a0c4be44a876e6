// Values as the text of testdata/*.txt, for tests.
#ifndef ANNEAL_FILEIO_VALUE_TEXT_H_
#define ANNEAL_FILEIO_VALUE_TEXT_H_

#include <string>

#include "utils/value.h"

namespace anneal {

// A line for each leaf, as testdata/make_testdata.py writes: its path and
// `tensor DTYPE SHAPE STRIDE HEX` or its type and itself.
std::string ValueText(const Value& value);

// The text of fileio/testdata/NAME.
std::string ReadTestdata(const std::string& name);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_VALUE_TEXT_H_
