#include "optim/param_state.h"

#include <ATen/ops/empty_like.h>

#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "utils/status_macros.h"

namespace anneal {

absl::Status CheckStateNames(const Dict& state,
                             const std::vector<absl::string_view>& names) {
  for (const auto& [key, value] : state) {
    const std::string name = KeyString(key);
    if (absl::c_linear_search(names, name)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown ", name, "; the state is of another optimizer, this one has ",
        absl::StrJoin(names, ", ")));
  }
  return absl::OkStatus();
}

absl::Status CheckStateTensor(const Dict& state, absl::string_view name,
                              const at::Tensor& param) {
  ASSIGN_OR_RETURN(const Value* value, Require(state, name, "state"));
  ASSIGN_OR_RETURN(const at::Tensor tensor, value->AsTensor(name));
  if (tensor.sizes() == param.sizes()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " has shape [", absl::StrJoin(tensor.sizes(), ", "),
                   "], the parameter [", absl::StrJoin(param.sizes(), ", "),
                   "]; the state is of another model"));
}

at::Tensor StateTensor(const Dict& state, absl::string_view name,
                       const at::Tensor& param) {
  // A copy: the optimizer changes it in place, the caller's stays.
  return at::empty_like(param.detach())
      .copy_(*state.Find(name)->get_if<at::Tensor>());
}

}  // namespace anneal
