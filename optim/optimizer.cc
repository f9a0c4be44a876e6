#include "optim/optimizer.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Integers become reals where the default is real, and whole reals integers,
// also inside lists: configs and Python's state may write lr: 1, and a Struct
// has no integers.
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
  const auto* real = value.get_if<double>();
  constexpr double kMostExact = 9007199254740992.0;  // 2^53
  if (real != nullptr && fallback.get_if<int64_t>() &&
      std::trunc(*real) == *real && std::abs(*real) <= kMostExact) {
    return static_cast<int64_t>(*real);
  }
  return value;
}

// "a float", "an int".
std::string WithArticle(const std::string& kind) {
  return absl::StrCat(kind == "int" ? "an " : "a ", kind);
}

constexpr char kStateType[] = "type";

}  // namespace

void Optimizer::ZeroGrad() {
  for (ParamGroup& group : param_groups_) {
    for (at::Tensor& param : group.params) param.mutable_grad().reset();
  }
}

void Optimizer::ScaledStep(double grad_factor) {
  if (grad_factor != 1) {
    at::NoGradGuard no_grad;
    for (ParamGroup& group : param_groups_) {
      for (at::Tensor& param : group.params) {
        if (param.grad().defined()) param.mutable_grad().mul_(grad_factor);
      }
    }
  }
  Step();
}

absl::Status Optimizer::ValidateGroup(const ParamGroup&) const {
  return absl::OkStatus();
}

absl::Status Optimizer::ShardOver(dist::Communicator*) {
  return absl::OkStatus();
}

absl::Status Optimizer::AddParamGroups(std::vector<ParamGroup> groups) {
  if (groups.empty()) groups.emplace_back();
  for (ParamGroup& group : groups) {
    RETURN_IF_ERROR(AddParamGroup(std::move(group)));
  }
  return absl::OkStatus();
}

absl::Status Optimizer::AddParamGroup(ParamGroup group) {
  if (group.params.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(type_name(),
                     " got no parameters; does the model have any that require "
                     "a gradient?"));
  }
  std::set<const void*> own;
  for (size_t i = 0; i < group.params.size(); ++i) {
    const at::Tensor& param = group.params[i];
    const std::string name = group.name(i);
    const void* impl = param.unsafeGetTensorImpl();
    if (known_params_.count(impl) > 0 || !own.insert(impl).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is given to ", type_name(),
                       " twice; remove it from one of the groups"));
    }
    if (param.is_complex()) {
      return absl::InvalidArgumentError(absl::StrCat(
          name,
          " is complex; optimizers take parameters of real numbers, so "
          "keep it as one of real and imaginary parts"));
    }
    if (!param.is_leaf()) {
      return absl::InvalidArgumentError(absl::StrCat(
          name,
          " is the result of an operation; only leaves can be optimized"));
    }
    if (!param.is_non_overlapping_and_dense()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name,
                       " has gaps or overlaps in memory, as a slice does; "
                       "make it contiguous before it becomes a parameter"));
    }
  }
  ASSIGN_OR_RETURN(group.options, MergeOptions(defaults_, group.options));
  RETURN_IF_ERROR(ValidateGroup(group));
  known_params_.merge(own);
  param_groups_.push_back(std::move(group));
  ParamsAdded();
  return absl::OkStatus();
}

// `options` with `changes`, checked.
absl::StatusOr<Dict> Optimizer::MergeOptions(Dict options,
                                             const Dict& changes) const {
  for (const auto& [key, value] : changes) {
    const Value* fallback = defaults_.FindKey(key);
    options.Set(key, fallback ? LikeDefault(value, *fallback) : value);
  }
  for (const auto& [key, fallback] : defaults_) {
    const Value& value = *options.FindKey(key);
    if (fallback.is_none() || value.type_name() == fallback.type_name()) {
      continue;
    }
    return absl::InvalidArgumentError(
        absl::StrCat(KeyString(key), " is ", value.DebugString(),
                     "; it must be ", WithArticle(fallback.type_name())));
  }
  const Value* differentiable = options.Find("differentiable");
  if (differentiable && *differentiable->get_if<bool>()) {
    return absl::InvalidArgumentError(
        "differentiable is true; no gradient goes through a step here");
  }
  RETURN_IF_ERROR(ValidateOptions(options));
  return options;
}

Value Optimizer::state_dict() const {
  Dict state;
  Value::List groups;
  int64_t index = 0;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    Value::List indices;
    for (size_t p = 0; p < param_groups_[g].params.size(); ++p) {
      Dict param_state = ParamState(g, p);
      if (!param_state.empty()) state[index] = std::move(param_state);
      indices.push_back(index++);
    }
    Dict group = param_groups_[g].options;
    group["params"] = std::move(indices);
    groups.push_back(std::move(group));
  }
  return Dict{{"state", std::move(state)},
              {"param_groups", std::move(groups)},
              {kStateType, std::string(state_type())}};
}

absl::Status Optimizer::LoadStateDict(const Value& state_dict) {
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("optimizer"));
  // Python's has none.
  if (const Value* type = dict->Find(kStateType)) {
    ASSIGN_OR_RETURN(const std::string saved, type->AsString("optimizer.type"));
    if (saved != state_type()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the state is of another optimizer than ", type_name(),
                       ": ", saved, "; build the one that was saved"));
    }
  }
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
  std::vector<GroupState> states;
  for (size_t g = 0; g < groups->size(); ++g) {
    ASSIGN_OR_RETURN(states.emplace_back(),
                     ReadGroupState(g, (*groups)[g], *state));
  }
  for (size_t g = 0; g < states.size(); ++g) {
    param_groups_[g].options = std::move(states[g].options);
    for (size_t p = 0; p < states[g].params.size(); ++p) {
      LoadParamState(g, p, states[g].params[p]);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Optimizer::GroupState> Optimizer::ReadGroupState(
    size_t group, const Value& value, const Dict& state) const {
  const std::string path = absl::StrCat("optimizer.param_groups.", group);
  const ParamGroup& own = param_groups_[group];
  ASSIGN_OR_RETURN(const Dict* options, value.AsDict(path));
  // Flags come and go with versions of torch, hyperparameters don't.
  for (const auto& [key, fallback] : defaults_) {
    const bool is_flag = fallback.is_none() || fallback.get_if<bool>();
    if (is_flag || options->FindKey(key)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has no ", KeyString(key),
                     ": the state is of another optimizer than ", type_name(),
                     "; build the one that was saved"));
  }
  ASSIGN_OR_RETURN(const Value* params, Require(*options, "params", path));
  ASSIGN_OR_RETURN(const Value::List* indices, params->AsList(path));
  if (indices->size() != own.params.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the state has ", indices->size(),
                     " parameters, the optimizer ", own.params.size(),
                     "; the state is of another model"));
  }
  GroupState result;
  for (size_t p = 0; p < indices->size(); ++p) {
    ASSIGN_OR_RETURN(const int64_t index, (*indices)[p].AsInt(path));
    Dict& param_state = result.params.emplace_back();
    if (const Value* one = state.Find(index)) {
      ASSIGN_OR_RETURN(const Dict* fields,
                       one->AsDict(absl::StrCat("optimizer.state.", index)));
      param_state = *fields;
    }
    const absl::Status status = CheckParamState(group, p, param_state);
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("optimizer state of ", own.name(p), ": ",
                                       status.message()));
    }
  }
  Dict changes = *options;
  changes.Erase(std::string("params"));
  ASSIGN_OR_RETURN(result.options, MergeOptions(own.options, changes));
  return result;
}

}  // namespace anneal
