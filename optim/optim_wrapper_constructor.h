// The interface of what divides a model's parameters into groups.
#ifndef ANNEAL_OPTIM_OPTIM_WRAPPER_CONSTRUCTOR_H_
#define ANNEAL_OPTIM_OPTIM_WRAPPER_CONSTRUCTOR_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "optim/param_group.h"
#include "registry/registry.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// What the optimizer's config says of all parameters.
struct BaseOptions {
  double lr = 0;
  // Null where the config doesn't give it.
  absl::optional<double> weight_decay;
};

// optim_wrapper.constructor: built from optim_wrapper.paramwise_cfg, which is
// its config.
class OptimWrapperConstructor {
 public:
  virtual ~OptimWrapperConstructor() = default;

  // Groups with the options in which they differ from the optimizer's own.
  // InvalidArgument for settings that don't fit the model.
  virtual absl::StatusOr<std::vector<ParamGroup>> ParamGroups(
      const torch::nn::Module& model, const BaseOptions& base) const = 0;
};

ANNEAL_REGISTRY(OptimWrapperConstructor, "optim_wrapper_constructor");

}  // namespace anneal

#endif  // ANNEAL_OPTIM_OPTIM_WRAPPER_CONSTRUCTOR_H_
