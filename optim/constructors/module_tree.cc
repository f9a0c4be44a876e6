#include "optim/constructors/module_tree.h"

#include <torch/nn/module.h>

#include <set>

namespace anneal {

std::vector<NamedParam> OwnParameters(const torch::nn::Module& module) {
  std::vector<NamedParam> params;
  std::set<const void*> seen;
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    if (!seen.insert(item.value().unsafeGetTensorImpl()).second) continue;
    params.push_back({item.key(), item.value()});
  }
  return params;
}

std::vector<NamedChild> Children(const torch::nn::Module& module) {
  std::vector<NamedChild> children;
  std::set<const void*> seen;
  for (const auto& item : module.named_children()) {
    if (!seen.insert(item.value().get()).second) continue;
    children.push_back({item.key(), item.value()});
  }
  return children;
}

std::vector<ParamGroup> OneGroup(const torch::nn::Module& module) {
  std::vector<ParamGroup> groups(1);
  std::set<const void*> seen;
  for (const auto& item : module.named_parameters()) {
    if (!seen.insert(item.value().unsafeGetTensorImpl()).second) continue;
    groups[0].params.push_back(item.value());
    groups[0].names.push_back(item.key());
  }
  return groups;
}

}  // namespace anneal
