// Python's module.state_dict() and load_state_dict() for torch::nn modules.
#ifndef ANNEAL_STRATEGY_MODULE_STATE_DICT_H_
#define ANNEAL_STRATEGY_MODULE_STATE_DICT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "utils/value.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// Parameters and buffers by their names, in Python's order: of each module its
// parameters, its buffers, then its children. Tensors alias the module's.
Dict ModuleStateDict(const torch::nn::Module& module);

// Names that one side has and the other lacks.
struct StateDictDifference {
  std::vector<std::string> missing;
  std::vector<std::string> unexpected;
};
StateDictDifference CompareNames(const Dict& state_dict,
                                 const torch::nn::Module& module);

// Copies the names that both have into the module. In both functions a prefix
// "module." of all names, which Python's DDP writes, is dropped.
// InvalidArgument, with nothing copied, lists every name whose shape differs,
// with both shapes, and every value that is no tensor.
absl::Status LoadModuleStateDict(const Dict& state_dict,
                                 torch::nn::Module* module);

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_MODULE_STATE_DICT_H_
