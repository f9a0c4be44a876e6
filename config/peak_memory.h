// The most memory that this process had, for tests of what input may cost.
#ifndef ANNEAL_CONFIG_PEAK_MEMORY_H_
#define ANNEAL_CONFIG_PEAK_MEMORY_H_

#include <cstdint>

namespace anneal::config {

// Forgets the peak: from now on it is counted anew. Gives the memory that is
// in use, in KiB. Needs Linux's /proc.
int64_t ResetPeakMemory();

// The peak since then, in KiB.
int64_t PeakMemory();

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_PEAK_MEMORY_H_
