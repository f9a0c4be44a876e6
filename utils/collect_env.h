// What a run ran on.
#ifndef ANNEAL_UTILS_COLLECT_ENV_H_
#define ANNEAL_UTILS_COLLECT_ENV_H_

#include <string>
#include <utility>
#include <vector>

namespace anneal {

// Names and texts in the order they are printed.
using EnvironmentInfo = std::vector<std::pair<std::string, std::string>>;

// Platform, processor, memory, compiler, accelerators, threads, LibTorch and
// Anneal; the CUDA toolkit where there is a GPU. What the system does not tell
// is "unknown". Reads a few files of /proc, in about a millisecond; nvcc, where
// it is asked, takes some ten more.
EnvironmentInfo CollectEnv();

// The block that mmengine logs at the start of a run.
std::string EnvironmentBlock(const EnvironmentInfo& system,
                             const EnvironmentInfo& runtime);

}  // namespace anneal

#endif  // ANNEAL_UTILS_COLLECT_ENV_H_
