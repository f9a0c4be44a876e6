#include "optim/optimizer.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Integers become reals where the default is real, also inside lists: configs
// and Python's state may write lr: 1.
Value LikeDefault(const Value& value, const Value& fallback) {
  if (const auto* list = value.get_if<Value::List>()) {
    const auto* defaults = fallback.get_if<Value::List>();
    if (defaults == nullptr || defaults->size() != list->size()) return value;
    Value::List out;
    for (size_t i = 0; i < list->size(); ++i) {
      out.push_back(LikeDefault((*list)[i], (*defaults)[i]));
    }
    return out;
  }
  const auto* integer = value.get_if<int64_t>();
  if (integer != nullptr && fallback.get_if<double>()) {
    return static_cast<double>(*integer);
  }
  return value;
}

Value FlatState(const std::vector<std::vector<Dict>>& states) {
  Dict flat;
  int64_t index = 0;
  for (const auto& group : states) {
    for (const Dict& state : group) {
      if (!state.empty()) flat[index] = state;
      ++index;
    }
  }
  return flat;
}

}  // namespace

double ParamGroup::real(absl::string_view option) const {
  const Value* value = options.Find(option);
  ANNEAL_CHECK(value != nullptr && value->get_if<double>()) << option;
  return *value->get_if<double>();
}

bool ParamGroup::flag(absl::string_view option) const {
  const Value* value = options.Find(option);
  ANNEAL_CHECK(value != nullptr && value->get_if<bool>()) << option;
  return *value->get_if<bool>();
}

double ParamGroup::beta(int index) const {
  const Value* value = options.Find("betas");
  ANNEAL_CHECK(value != nullptr && value->get_if<Value::List>()) << "betas";
  return *(*value->get_if<Value::List>())[index].get_if<double>();
}

absl::Status CheckNotNegative(const Dict& options, absl::string_view name) {
  ASSIGN_OR_RETURN(const Value* value, Require(options, name, "optimizer"));
  ASSIGN_OR_RETURN(const double real, value->AsReal(name));
  if (real >= 0 && std::isfinite(real)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", real, "; it must be finite and not negative"));
}

void Optimizer::ZeroGrad() {
  for (ParamGroup& group : param_groups_) {
    for (at::Tensor& param : group.params) param.mutable_grad().reset();
  }
}

absl::Status Optimizer::AddParamGroup(ParamGroup group) {
  if (group.params.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(type_name(),
                     " got no parameters; does the model have any that require "
                     "a gradient?"));
  }
  std::set<const void*> known;
  for (const ParamGroup& other : param_groups_) {
    for (const at::Tensor& param : other.params) {
      known.insert(param.unsafeGetTensorImpl());
    }
  }
  for (size_t i = 0; i < group.params.size(); ++i) {
    const std::string name =
        i < group.names.size() ? group.names[i] : absl::StrCat("parameter ", i);
    if (!known.insert(group.params[i].unsafeGetTensorImpl()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is given to ", type_name(),
                       " twice; remove it from one of the groups"));
    }
    if (!group.params[i].is_leaf()) {
      return absl::InvalidArgumentError(absl::StrCat(
          name,
          " is the result of an operation; only leaves can be optimized"));
    }
  }
  Dict options;
  for (const auto& [key, fallback] : defaults_) {
    const Value* given = group.options.FindKey(key);
    options.Set(key, given ? LikeDefault(*given, fallback) : fallback);
  }
  for (const auto& [key, value] : group.options) {
    if (!options.FindKey(key)) options.Set(key, value);
  }
  RETURN_IF_ERROR(ValidateOptions(options));
  group.options = std::move(options);
  param_groups_.push_back(std::move(group));
  ParamsAdded();
  return absl::OkStatus();
}

Value Optimizer::state_dict() const {
  Value::List groups;
  std::vector<std::vector<Dict>> states;
  int64_t index = 0;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    Dict group = param_groups_[g].options;
    Value::List indices;
    std::vector<Dict>& group_states = states.emplace_back();
    for (size_t p = 0; p < param_groups_[g].params.size(); ++p) {
      indices.push_back(index++);
      group_states.push_back(ParamState(g, p));
    }
    group["params"] = std::move(indices);
    groups.push_back(std::move(group));
  }
  return Dict{{"state", FlatState(states)},
              {"param_groups", std::move(groups)}};
}

absl::Status Optimizer::LoadStateDict(const Value& state_dict) {
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("optimizer"));
  ASSIGN_OR_RETURN(const Value* groups_value,
                   Require(*dict, "param_groups", "optimizer"));
  ASSIGN_OR_RETURN(const Value::List* groups,
                   groups_value->AsList("optimizer.param_groups"));
  ASSIGN_OR_RETURN(const Value* state_value,
                   Require(*dict, "state", "optimizer"));
  ASSIGN_OR_RETURN(const Dict* state, state_value->AsDict("optimizer.state"));
  if (groups->size() != param_groups_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the state is of an optimizer with ", groups->size(),
                     " parameter groups, this one has ", param_groups_.size(),
                     "; build it as the one that was saved"));
  }
  std::vector<Dict> options;
  std::vector<std::vector<Dict>> states(groups->size());
  for (size_t g = 0; g < groups->size(); ++g) {
    const std::string path = absl::StrCat("optimizer.param_groups.", g);
    ASSIGN_OR_RETURN(const Dict* group, (*groups)[g].AsDict(path));
    ASSIGN_OR_RETURN(const Value* params, Require(*group, "params", path));
    ASSIGN_OR_RETURN(const Value::List* indices, params->AsList(path));
    if (indices->size() != param_groups_[g].params.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": the state has ", indices->size(),
          " parameters, the optimizer ", param_groups_[g].params.size()));
    }
    for (size_t p = 0; p < indices->size(); ++p) {
      ASSIGN_OR_RETURN(const int64_t index, (*indices)[p].AsInt(path));
      const Value* one = state->Find(index);
      Dict param_state;
      if (one != nullptr) {
        ASSIGN_OR_RETURN(const Dict* fields, one->AsDict("optimizer.state"));
        param_state = *fields;
      }
      const std::string name = p < param_groups_[g].names.size()
                                   ? param_groups_[g].names[p]
                                   : absl::StrCat(index);
      const absl::Status status = CheckParamState(g, p, param_state);
      if (!status.ok()) {
        return absl::Status(
            status.code(),
            absl::StrCat("optimizer state of ", name, ": ", status.message()));
      }
      states[g].push_back(std::move(param_state));
    }
    Dict merged = param_groups_[g].options;
    for (const auto& [key, value] : *group) {
      if (KeyString(key) == "params") continue;
      const Value* fallback = defaults_.FindKey(key);
      merged.Set(key, fallback ? LikeDefault(value, *fallback) : value);
    }
    RETURN_IF_ERROR(ValidateOptions(merged));
    options.push_back(std::move(merged));
  }
  for (size_t g = 0; g < options.size(); ++g) {
    param_groups_[g].options = std::move(options[g]);
    for (size_t p = 0; p < states[g].size(); ++p) {
      LoadParamState(g, p, states[g][p]);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckStateTensor(const Dict& state, absl::string_view name,
                              const at::Tensor& param) {
  ASSIGN_OR_RETURN(const Value* value, Require(state, name, "state"));
  ASSIGN_OR_RETURN(const at::Tensor tensor, value->AsTensor(name));
  if (tensor.sizes() == param.sizes()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " has ", tensor.numel(),
                   " elements in another shape than the "
                   "parameter's ",
                   param.numel(), "; the state is of another model"));
}

at::Tensor StateTensor(const Dict& state, absl::string_view name,
                       const at::Tensor& param) {
  // A copy: the optimizer changes it in place, the caller's stays.
  return state.Find(name)->get_if<at::Tensor>()->to(
      param.options(), /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace anneal
