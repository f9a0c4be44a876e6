#include "optim/sgd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/empty_like.h>

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/fused_tensors.h"
#include "optim/param_state.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kBuffer[] = "momentum_buffer";

}  // namespace

absl::StatusOr<std::unique_ptr<SGD>> SGD::Create(
    const Config& config, std::vector<ParamGroup> groups) {
  std::unique_ptr<SGD> sgd(new SGD(config));
  RETURN_IF_ERROR(sgd->AddParamGroups(std::move(groups)));
  return sgd;
}

SGD::SGD(const Config& config)
    : Optimizer(Dict{{"lr", config.lr()},
                     {"momentum", config.momentum()},
                     {"dampening", config.dampening()},
                     {"weight_decay", config.weight_decay()},
                     {"nesterov", config.nesterov()},
                     {"maximize", config.maximize()},
                     {"foreach", Value()},
                     {"differentiable", false},
                     {"fused", Value()}}) {}

absl::Status SGD::ValidateOptions(const Dict& options) const {
  for (const char* name : {"lr", "momentum", "weight_decay"}) {
    RETURN_IF_ERROR(CheckNotNegative(options, name));
  }
  ASSIGN_OR_RETURN(const bool nesterov,
                   options.Find("nesterov")->AsBool("nesterov"));
  ASSIGN_OR_RETURN(const double momentum,
                   options.Find("momentum")->AsReal("momentum"));
  ASSIGN_OR_RETURN(const double dampening,
                   options.Find("dampening")->AsReal("dampening"));
  if (!std::isfinite(dampening)) {
    return absl::InvalidArgumentError(
        absl::StrCat("dampening is ", dampening, "; it must be finite"));
  }
  if (nesterov && (momentum <= 0 || dampening != 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("nesterov needs momentum above 0 and dampening 0, got ",
                     momentum, " and ", dampening));
  }
  return absl::OkStatus();
}

void SGD::ParamsAdded() {
  momentum_buffers_.emplace_back(param_groups().back().params.size());
}

void SGD::Step() {
  at::NoGradGuard no_grad;
  for (size_t group = 0; group < param_groups().size(); ++group) {
    StepGroup(group);
  }
}

void SGD::StepGroup(size_t index) {
  ParamGroup& group = param_groups()[index];
  std::vector<at::Tensor>& buffers = momentum_buffers_[index];
  const double momentum = group.real("momentum");
  // A parameter's first step, which starts its buffer, and the later ones.
  FusedTensors first(/*num_states=*/1);
  FusedTensors later(1);
  for (size_t i = 0; i < group.params.size(); ++i) {
    const at::Tensor& param = group.params[i];
    const at::Tensor& grad = param.grad();
    if (!grad.defined()) continue;
    const bool starts = momentum != 0 && !buffers[i].defined();
    if (starts) buffers[i] = at::empty_like(param);
    FusedTensors& tensors = starts ? first : later;
    tensors.Add(param, grad);
    if (momentum != 0) tensors.AddState(0, &buffers[i]);
  }
  const double weight_decay = group.real("weight_decay");
  const double lr = group.real("lr");
  const double dampening = group.real("dampening");
  const bool nesterov = group.flag("nesterov");
  const bool maximize = group.flag("maximize");
  for (const bool is_first : {true, false}) {
    for (auto& t : (is_first ? first : later).lists()) {
      at::_fused_sgd_(t.params, t.grads, t.states[0], weight_decay, momentum,
                      lr, dampening, nesterov, maximize, is_first);
    }
  }
}

Dict SGD::ParamState(size_t group, size_t param) const {
  const at::Tensor& buffer = momentum_buffers_[group][param];
  if (!buffer.defined()) return Dict();
  return Dict{{kBuffer, buffer}};
}

absl::Status SGD::CheckParamState(size_t group, size_t param,
                                  const Dict& state) const {
  RETURN_IF_ERROR(CheckStateNames(state, {kBuffer}));
  const Value* buffer = state.Find(kBuffer);
  // Python writes None where momentum is 0.
  if (buffer == nullptr || buffer->is_none()) return absl::OkStatus();
  return CheckStateTensor(state, kBuffer, param_groups()[group].params[param]);
}

void SGD::LoadParamState(size_t group, size_t param, const Dict& state) {
  const Value* buffer = state.Find(kBuffer);
  at::Tensor& own = momentum_buffers_[group][param];
  own = buffer == nullptr || buffer->is_none()
            ? at::Tensor()
            : StateTensor(state, kBuffer, param_groups()[group].params[param]);
}

ANNEAL_REGISTER(Optimizer, SGD);

}  // namespace anneal
