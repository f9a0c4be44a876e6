#include "optim/param_state.h"

#include <ATen/ops/empty_like.h>

#include <cmath>
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
                              at::IntArrayRef shape) {
  ASSIGN_OR_RETURN(const Value* value, Require(state, name, "state"));
  ASSIGN_OR_RETURN(const at::Tensor tensor, value->AsTensor(name));
  if (tensor.sizes() == shape) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " has shape [", absl::StrJoin(tensor.sizes(), ", "),
                   "], the parameter [", absl::StrJoin(shape, ", "),
                   "]; the state is of another model"));
}

absl::Status CheckStateNumber(const Dict& state, absl::string_view name) {
  ASSIGN_OR_RETURN(const Value* value, Require(state, name, "state"));
  const auto* tensor = value->get_if<at::Tensor>();
  if (tensor == nullptr) return value->AsReal(name).status();
  if (tensor->numel() == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, " has ", tensor->numel(),
                                                 " elements; it must be one "
                                                 "number"));
}

absl::Status CheckStateCount(const Dict& state, absl::string_view name) {
  RETURN_IF_ERROR(CheckStateNumber(state, name));
  const double count = StateNumber(state, name);
  if (count >= 0 && count < 9007199254740992.0 && std::trunc(count) == count) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      name, " is ", count, "; it must be a whole number that is not negative"));
}

double StateNumber(const Dict& state, absl::string_view name) {
  const Value* value = state.Find(name);
  const auto* tensor = value->get_if<at::Tensor>();
  return tensor ? tensor->item<double>() : *value->AsReal(name);
}

at::Tensor StateTensor(const Dict& state, absl::string_view name,
                       const at::Tensor& param) {
  // A copy: the optimizer changes it in place, the caller's stays.
  return at::empty_like(param.detach())
      .copy_(*state.Find(name)->get_if<at::Tensor>());
}

}  // namespace anneal
