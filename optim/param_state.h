// An optimizer's saved state of one parameter: fields by their names in Python.
#ifndef ANNEAL_OPTIM_PARAM_STATE_H_
#define ANNEAL_OPTIM_PARAM_STATE_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "utils/value.h"

namespace anneal {

// InvalidArgument where `state` has other names than `names`.
absl::Status CheckStateNames(const Dict& state,
                             const std::vector<absl::string_view>& names);
// InvalidArgument unless `state[name]` is a tensor of the parameter's shape;
// NotFound where there is none.
absl::Status CheckStateTensor(const Dict& state, absl::string_view name,
                              const at::Tensor& param);
// A copy of that tensor in the parameter's dtype and layout, on its device.
at::Tensor StateTensor(const Dict& state, absl::string_view name,
                       const at::Tensor& param);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_PARAM_STATE_H_
