// A model's parameters in the groups that a config asks for.
#ifndef ANNEAL_OPTIM_GROUP_PARAMETERS_H_
#define ANNEAL_OPTIM_GROUP_PARAMETERS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/param_group.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// One group of all parameters, in Python's order and each once; with a
// paramwise_cfg those of config's constructor. Frozen parameters count.
// InvalidArgument if all are frozen, and what the constructor says; NotFound
// for a constructor that is not linked.
absl::StatusOr<std::vector<ParamGroup>> GroupParameters(
    const OptimWrapperConfig& config, const torch::nn::Module& model);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_GROUP_PARAMETERS_H_
