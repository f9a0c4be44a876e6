// The interface of every optim wrapper constructor.
#ifndef ANNEAL_OPTIM_CONSTRUCTORS_OPTIM_WRAPPER_CONSTRUCTOR_H_
#define ANNEAL_OPTIM_CONSTRUCTORS_OPTIM_WRAPPER_CONSTRUCTOR_H_

#include <google/protobuf/any.pb.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/param_group.h"
#include "registry/registry.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// Deals a model's parameters out to the groups of an optimizer, each with
// settings of its own. In a config `constructor` names the class and
// `paramwise_cfg` has its fields. (mmengine's also builds the wrapper; here one
// that differs is registered as a BaseOptimWrapper.)
class OptimWrapperConstructor {
 public:
  virtual ~OptimWrapperConstructor() = default;

  // The groups over the parameters of `model` for the optimizer that
  // `optimizer` configures, with names in the module tree and the options in
  // which each group differs from that config. InvalidArgument for what the
  // model or the optimizer does not have.
  virtual absl::StatusOr<std::vector<ParamGroup>> MakeGroups(
      const torch::nn::Module& model,
      const google::protobuf::Any& optimizer) const = 0;
};

ANNEAL_REGISTRY(OptimWrapperConstructor, "optim_wrapper_constructor");

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CONSTRUCTORS_OPTIM_WRAPPER_CONSTRUCTOR_H_
