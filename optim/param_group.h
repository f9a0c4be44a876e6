// Parameters that share hyperparameters.
#ifndef ANNEAL_OPTIM_PARAM_GROUP_H_
#define ANNEAL_OPTIM_PARAM_GROUP_H_

#include <ATen/core/Tensor.h>

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

  // Options by name. Die if there is no such option of that kind.
  double real(absl::string_view option) const;
  bool flag(absl::string_view option) const;
  // "betas": a list of two reals.
  double beta(int index) const;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_PARAM_GROUP_H_
