// Reals as Python writes them.
#ifndef ANNEAL_UTILS_REAL_TEXT_H_
#define ANNEAL_UTILS_REAL_TEXT_H_

#include <string>

namespace anneal {

// Python's repr of a float: the shortest text that reads back as the same
// real, always with a point or an exponent: "0.1", "1.0", "1e-05", "inf",
// "nan".
std::string RealText(double value);

}  // namespace anneal

#endif  // ANNEAL_UTILS_REAL_TEXT_H_
