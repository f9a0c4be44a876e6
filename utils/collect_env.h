// What a run ran on.
#ifndef ANNEAL_UTILS_COLLECT_ENV_H_
#define ANNEAL_UTILS_COLLECT_ENV_H_

#include <string>
#include <utility>
#include <vector>

namespace anneal {

using EnvironmentInfo = std::vector<std::pair<std::string, std::string>>;

// Platform, processor, memory, compiler, accelerators, LibTorch and Anneal, in
// the order they are printed.
EnvironmentInfo CollectEnv();

// The block that mmengine logs at the start of a run.
std::string EnvironmentBlock(const EnvironmentInfo& system,
                             const EnvironmentInfo& runtime);

// Anneal's version.
extern const char kVersion[];

}  // namespace anneal

#endif  // ANNEAL_UTILS_COLLECT_ENV_H_
