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
// InvalidArgument unless `state[name]` is a tensor of that shape, as the
// parameter's is; NotFound where there is none.
absl::Status CheckStateTensor(const Dict& state, absl::string_view name,
                              at::IntArrayRef shape);
inline absl::Status CheckStateTensor(const Dict& state, absl::string_view name,
                                     const at::Tensor& param) {
  return CheckStateTensor(state, name, param.sizes());
}
// InvalidArgument unless it is a number or a tensor of one.
absl::Status CheckStateNumber(const Dict& state, absl::string_view name);
// InvalidArgument unless that number is whole, not negative and below 2^53, as
// a count of steps is.
absl::Status CheckStateCount(const Dict& state, absl::string_view name);
// That number, once checked.
double StateNumber(const Dict& state, absl::string_view name);
// A copy of that tensor in the parameter's dtype and layout, on its device.
at::Tensor StateTensor(const Dict& state, absl::string_view name,
                       const at::Tensor& param);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_PARAM_STATE_H_
