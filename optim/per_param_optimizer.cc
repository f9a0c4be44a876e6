#include "optim/per_param_optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <c10/util/Exception.h>

#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "optim/param_state.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

at::ScalarType StateType(const at::Tensor& param) {
  const at::ScalarType type = param.scalar_type();
  return type == at::kBFloat16 || type == at::kHalf ? at::kFloat : type;
}

bool LiesAs(const at::Tensor& param, const at::Tensor& tensor) {
  return tensor.strides().equals(param.strides()) &&
         tensor.device() == param.device();
}

bool IsUsed(const StateField& field, const ParamGroup& group) {
  return field.is_used == nullptr || field.is_used(group);
}

// A field of the parameter's shape that follows where the parameter went: to
// another device, dtype or memory format.
void Follow(const at::Tensor& param, at::Tensor* tensor) {
  if (LiesAs(param, *tensor) && tensor->scalar_type() == StateType(param)) {
    return;
  }
  *tensor = at::empty_like(param, param.options().dtype(StateType(param)))
                .copy_(*tensor);
}

}  // namespace

void PerParamOptimizer::ScaledStep(double grad_factor) {
  at::NoGradGuard no_grad;
  CheckGradients();
  std::deque<at::Tensor> copies;
  std::vector<std::vector<ParamStep>> groups;
  for (size_t g = 0; g < param_groups().size(); ++g) {
    groups.push_back(Collect(g, &copies));
  }
  StepGroups(groups, grad_factor);
}

void PerParamOptimizer::StepGroups(std::vector<std::vector<ParamStep>>& groups,
                                   double grad_factor) {
  for (size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].empty()) continue;
    StepGroup(param_groups()[g], groups[g], grad_factor);
  }
}

void PerParamOptimizer::CheckGradients() const {
  const bool takes_sparse = gradients_ == Gradients::kSparse;
  for (const ParamGroup& group : param_groups()) {
    for (size_t i = 0; i < group.params.size(); ++i) {
      const at::Tensor& grad = group.params[i].grad();
      if (!grad.defined()) continue;
      if (gradients_ == Gradients::kBoth) {
        TORCH_CHECK(!grad.is_sparse() || group.real("weight_decay") == 0,
                    type_name(),
                    " takes no weight_decay with sparse "
                    "gradients; set it to 0 for the group of ",
                    group.name(i));
        continue;
      }
      if (grad.is_sparse() == takes_sparse) continue;
      TORCH_CHECK(takes_sparse, "the gradient of ", group.name(i),
                  " is sparse, which ", type_name(),
                  " does not take; use SparseAdam, Adagrad or SGD, or a dense "
                  "embedding");
      TORCH_CHECK(false, "the gradient of ", group.name(i), " is dense, and ",
                  type_name(), " takes sparse ones only; use Adam");
    }
  }
}

std::vector<ParamStep> PerParamOptimizer::Collect(
    size_t index, std::deque<at::Tensor>* copies) {
  const ParamGroup& group = param_groups()[index];
  absl::InlinedVector<const StateField*, 4> tensors;
  absl::InlinedVector<bool, 4> is_used;
  for (const StateField& field : fields_) {
    if (field.kind != StateField::kTensor) continue;
    tensors.push_back(&field);
    is_used.push_back(IsUsed(field, group));
  }
  std::vector<ParamStep> steps;
  steps.reserve(group.params.size());
  for (size_t i = 0; i < group.params.size(); ++i) {
    const at::Tensor& param = group.params[i];
    const at::Tensor* grad = &param.grad();
    if (!grad->defined()) continue;
    if (!grad->is_sparse() && !LiesAs(param, *grad)) {
      grad = &copies->emplace_back(
          at::empty_like(param, grad->options()).copy_(*grad));
    }
    ParamFields& state = states_[index][i];
    bool is_first = !state.exists;
    if (is_first) Create(group, param, &state);
    for (size_t t = 0; t < tensors.size(); ++t) {
      at::Tensor& tensor = state.tensors[t];
      if (!tensor.defined() && is_used[t]) {
        // Called for since: a scheduler has raised momentum from 0, say.
        ParamFields fresh;
        Create(group, param, &fresh);
        tensor = fresh.tensors[t];
        is_first = true;
      }
      if (tensor.defined() && tensors[t]->shape == nullptr) {
        Follow(param, &tensor);
      }
    }
    ++state.step;
    steps.push_back({&param, grad, &state, is_first});
  }
  return steps;
}

absl::optional<std::vector<int64_t>> PerParamOptimizer::ShapeOf(
    const StateField& field, const at::Tensor& param) const {
  return field.shape ? field.shape(param) : param.sizes().vec();
}

void PerParamOptimizer::Create(const ParamGroup& group, const at::Tensor& param,
                               ParamFields* state) const {
  *state = ParamFields();
  state->exists = true;
  for (const StateField& field : fields_) {
    const double initial = field.initial ? field.initial(group) : 0;
    if (field.kind == StateField::kNumber) {
      state->numbers.push_back(static_cast<float>(initial));
    } else if (field.kind == StateField::kTensor) {
      at::Tensor& tensor = state->tensors.emplace_back();
      if (!IsUsed(field, group)) continue;
      if (field.shape == nullptr) {
        tensor = at::full_like(param.detach(), initial,
                               param.options().dtype(StateType(param)));
      } else if (const auto shape = field.shape(param)) {
        tensor =
            at::full(*shape, initial, param.options().dtype(StateType(param)));
      }
    }
  }
}

void PerParamOptimizer::ParamsAdded() {
  const ParamGroup& group = param_groups().back();
  std::vector<ParamFields>& states = states_.emplace_back(group.params.size());
  if (!has_state_from_start()) return;
  for (size_t i = 0; i < states.size(); ++i) {
    Create(group, group.params[i], &states[i]);
  }
}

Dict PerParamOptimizer::ParamState(size_t group, size_t param) const {
  const ParamFields& state = states_[group][param];
  Dict dict;
  if (!state.exists) return dict;
  size_t number = 0;
  size_t tensor = 0;
  for (const StateField& field : fields_) {
    switch (field.kind) {
      case StateField::kStep:
        dict[field.name] =
            at::full({}, static_cast<double>(state.step), at::kFloat);
        break;
      case StateField::kIntegerStep:
        dict[field.name] = state.step;
        break;
      case StateField::kNumber:
        dict[field.name] = at::full({}, state.numbers[number++], at::kFloat);
        break;
      case StateField::kTensor:
        if (state.tensors[tensor].defined()) {
          dict[field.name] = state.tensors[tensor];
        }
        ++tensor;
    }
  }
  return dict;
}

absl::Status PerParamOptimizer::CheckParamState(size_t group, size_t index,
                                                const Dict& state) const {
  std::vector<absl::string_view> names;
  for (const StateField& field : fields_) names.push_back(field.name);
  RETURN_IF_ERROR(CheckStateNames(state, names));
  if (state.empty()) return absl::OkStatus();
  const at::Tensor& param = param_groups()[group].params[index];
  for (const StateField& field : fields_) {
    const Value* value = state.Find(field.name);
    const bool may_lack =
        field.kind == StateField::kTensor && field.is_used != nullptr;
    if (may_lack && (value == nullptr || value->is_none())) continue;
    if (field.kind != StateField::kTensor) {
      RETURN_IF_ERROR(field.kind == StateField::kNumber
                          ? CheckStateNumber(state, field.name)
                          : CheckStateCount(state, field.name));
      continue;
    }
    const auto shape = ShapeOf(field, param);
    if (shape) {
      RETURN_IF_ERROR(CheckStateTensor(state, field.name, *shape));
    } else if (value != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("has ", field.name, ", which a parameter of shape [",
                       absl::StrJoin(param.sizes(), ", "),
                       "] has not; the state is of another model"));
    }
  }
  return absl::OkStatus();
}

void PerParamOptimizer::LoadParamState(size_t group, size_t index,
                                       const Dict& state) {
  const at::Tensor& param = param_groups()[group].params[index];
  ParamFields own;
  // Python leaves out the state of an SGD without momentum.
  own.exists = !state.empty();
  for (const StateField& field : fields_) {
    if (!own.exists) break;
    const Value* value = state.Find(field.name);
    switch (field.kind) {
      case StateField::kStep:
      case StateField::kIntegerStep:
        own.step = static_cast<int64_t>(StateNumber(state, field.name));
        break;
      case StateField::kNumber:
        own.numbers.push_back(
            static_cast<float>(StateNumber(state, field.name)));
        break;
      case StateField::kTensor: {
        at::Tensor& tensor = own.tensors.emplace_back();
        if (value == nullptr || value->is_none()) break;
        // A copy: the optimizer changes it in place, the caller's stays.
        const auto options = param.options().dtype(StateType(param));
        const at::Tensor& given = *value->get_if<at::Tensor>();
        tensor = field.shape ? at::empty(given.sizes(), options)
                             : at::empty_like(param.detach(), options);
        tensor.copy_(given.is_sparse() ? given.to_dense() : given);
      }
    }
  }
  states_[group][index] = std::move(own);
  if (has_state_from_start() && state.empty()) {
    Create(param_groups()[group], param, &states_[group][index]);
  }
}

}  // namespace anneal
