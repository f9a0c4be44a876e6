#include "config/peak_memory.h"

#include <malloc.h>

#include <fstream>
#include <string>

namespace anneal::config {

int64_t ResetPeakMemory() {
  // What was freed before would hide what is taken.
  malloc_trim(0);
  // 5: "reset the peak resident set size", proc(5).
  std::ofstream("/proc/self/clear_refs") << "5" << std::flush;
  return PeakMemory();
}

int64_t PeakMemory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kilobytes;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

}  // namespace anneal::config
