// Anneal's version.
#ifndef ANNEAL_UTILS_VERSION_H_
#define ANNEAL_UTILS_VERSION_H_

namespace anneal {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace anneal

#endif  // ANNEAL_UTILS_VERSION_H_
