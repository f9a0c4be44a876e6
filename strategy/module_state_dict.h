// Python's module.state_dict() and load_state_dict() for torch::nn modules.
#ifndef ANNEAL_STRATEGY_MODULE_STATE_DICT_H_
#define ANNEAL_STRATEGY_MODULE_STATE_DICT_H_

#include "absl/status/status.h"
#include "utils/value.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// Parameters and buffers by their names, in Python's order: of each module its
// parameters, its buffers, then its children. Tensors alias the module's.
Dict ModuleStateDict(const torch::nn::Module& module);

// How a loaded state_dict may differ from the module's.
enum class StateDictMatch {
  // Every name of one is in the other.
  kStrict,
  // Missing and unexpected names are logged as warnings. Not another shape, as
  // in mmengine: a layer left as initialised would look like a run that learns
  // slowly. To replace a layer its names are left out of the state_dict. Nor a
  // state_dict with no name of the module's.
  kLenient,
};

// Copies the names that both have into the module, in the module's dtype. A
// name's prefix "module.", which Python's DDP writes, is dropped where the
// module doesn't have it. InvalidArgument, with nothing copied, lists all that
// does not fit: every name whose shape differs, with both shapes, every value
// that is no tensor, and if strict every name that is missing or unexpected.
absl::Status LoadModuleStateDict(const Dict& state_dict, StateDictMatch match,
                                 torch::nn::Module* module);

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_MODULE_STATE_DICT_H_
