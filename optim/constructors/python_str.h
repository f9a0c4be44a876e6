// Values as Python prints them.
#ifndef ANNEAL_OPTIM_CONSTRUCTORS_PYTHON_STR_H_
#define ANNEAL_OPTIM_CONSTRUCTORS_PYTHON_STR_H_

#include <string>

#include "utils/value.h"

namespace anneal {

// What str() gives of a number, a string, a bool or a list of them: `0.001`,
// `1e-05`, `2.0`. Other kinds as DebugString.
std::string PythonStr(const Value& value);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CONSTRUCTORS_PYTHON_STR_H_
