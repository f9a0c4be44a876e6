// A module's parameters and children as Python's torch lists them.
#ifndef ANNEAL_OPTIM_CONSTRUCTORS_MODULE_TREE_H_
#define ANNEAL_OPTIM_CONSTRUCTORS_MODULE_TREE_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "optim/param_group.h"

namespace torch::nn {
class Module;
}

namespace anneal {

struct NamedParam {
  std::string name;
  at::Tensor param;
};
struct NamedChild {
  std::string name;
  std::shared_ptr<torch::nn::Module> module;
};

// The module's own parameters and children in order of registration; one with
// two names is there once, under the first.
std::vector<NamedParam> OwnParameters(const torch::nn::Module& module);
std::vector<NamedChild> Children(const torch::nn::Module& module);

// All parameters of the tree, those of a module before its children's, in one
// group; one with several names is there once, under the first.
std::vector<ParamGroup> OneGroup(const torch::nn::Module& module);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CONSTRUCTORS_MODULE_TREE_H_
