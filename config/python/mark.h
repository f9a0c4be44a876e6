// A place in a `.py` config, small enough to go with every value.
#ifndef ANNEAL_CONFIG_PYTHON_MARK_H_
#define ANNEAL_CONFIG_PYTHON_MARK_H_

#include <cstdint>

namespace anneal::config::python {

struct Mark {
  // A number the Heap gave the file; -1 for what is nowhere.
  int32_t file = -1;
  // From 1; columns are code points.
  int32_t line = 0;
  int32_t column = 0;
};

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_MARK_H_
