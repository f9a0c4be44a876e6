// Parameters that share hyperparameters.
#ifndef ANNEAL_OPTIM_PARAM_GROUP_H_
#define ANNEAL_OPTIM_PARAM_GROUP_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "utils/value.h"

namespace anneal {

// One of an optimizer's groups, as torch.optim's. `options` holds every
// hyperparameter by its torch name ("lr", "betas", "weight_decay", ...), reals
// as doubles; before an optimizer takes the group, only those that differ from
// the optimizer's own.
struct ParamGroup {
  std::vector<at::Tensor> params;
  // Names of `params` in the module tree, or empty.
  std::vector<std::string> names;
  Dict options;

  // What messages call parameter `index`.
  std::string name(size_t index) const;

  // Options by name. Die if there is no such option of that kind, or no such
  // item.
  double real(absl::string_view option) const;
  bool flag(absl::string_view option) const;
  // Item `index` of an option that is a list of reals.
  double item(absl::string_view option, int index) const;
  double beta(int index) const { return item("betas", index); }
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_PARAM_GROUP_H_
