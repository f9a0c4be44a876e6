#include "optim/adam.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros_like.h>

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/fused_tensors.h"
#include "optim/param_state.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

Dict Defaults(const AdamConfig& config, bool is_decoupled) {
  Value::List betas;
  for (const double beta : config.betas()) betas.push_back(beta);
  if (betas.empty()) betas = {0.9, 0.999};
  return Dict{{"lr", config.lr()},
              {"betas", std::move(betas)},
              {"eps", config.eps()},
              {"weight_decay", config.weight_decay()},
              {"amsgrad", config.amsgrad()},
              {"maximize", config.maximize()},
              {"foreach", Value()},
              {"capturable", false},
              {"differentiable", false},
              {"fused", Value()},
              {"decoupled_weight_decay", is_decoupled}};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Adam>> Adam::Create(
    const Config& config, std::vector<ParamGroup> groups) {
  std::unique_ptr<Adam> adam(new Adam(config, /*is_decoupled=*/false));
  RETURN_IF_ERROR(adam->AddParamGroups(std::move(groups)));
  return adam;
}

Adam::Adam(const AdamConfig& config, bool is_decoupled)
    : Optimizer(Defaults(config, is_decoupled)), is_decoupled_(is_decoupled) {}

absl::Status Adam::ValidateOptions(const Dict& options) const {
  for (const char* name : {"lr", "eps", "weight_decay"}) {
    RETURN_IF_ERROR(CheckNotNegative(options, name));
  }
  ASSIGN_OR_RETURN(const Value::List* betas,
                   options.Find("betas")->AsList("betas"));
  if (betas->size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("betas has ", betas->size(), " numbers; it must have 2"));
  }
  for (const Value& value : *betas) {
    ASSIGN_OR_RETURN(const double beta, value.AsReal("betas"));
    if (!(beta >= 0 && beta < 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("betas has ", beta, "; each must be in [0, 1)"));
    }
  }
  ASSIGN_OR_RETURN(
      const bool is_decoupled,
      options.Find("decoupled_weight_decay")->AsBool("weight decay"));
  if (is_decoupled == is_decoupled_) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "decoupled_weight_decay is ", is_decoupled ? "true" : "false", ", so ",
      is_decoupled ? "AdamW" : "Adam", " is meant; this is ", type_name()));
}

void Adam::ParamsAdded() {
  states_.emplace_back(param_groups().back().params.size());
}

void Adam::Step() {
  at::NoGradGuard no_grad;
  for (size_t group = 0; group < param_groups().size(); ++group) {
    StepGroup(group);
  }
}

void Adam::StepGroup(size_t index) {
  ParamGroup& group = param_groups()[index];
  const bool amsgrad = group.flag("amsgrad");
  enum { kExpAvg, kExpAvgSq, kMaxExpAvgSq, kNumStates };
  // By the number of steps, which the kernel takes as a tensor: parameters that
  // always have a gradient share one.
  std::map<int64_t, FusedTensors> by_step;
  auto tensors = by_step.end();
  for (size_t i = 0; i < group.params.size(); ++i) {
    const at::Tensor& param = group.params[i];
    const at::Tensor& grad = param.grad();
    if (!grad.defined()) continue;
    State& state = states_[index][i];
    if (!state.exp_avg.defined()) {
      state.exp_avg = at::zeros_like(param);
      state.exp_avg_sq = at::zeros_like(param);
    }
    if (amsgrad && !state.max_exp_avg_sq.defined()) {
      state.max_exp_avg_sq = at::zeros_like(param);
    }
    ++state.step;
    if (tensors == by_step.end() || tensors->first != state.step) {
      tensors = by_step.try_emplace(state.step, kNumStates).first;
    }
    tensors->second.Add(param, grad);
    tensors->second.AddState(kExpAvg, &state.exp_avg);
    tensors->second.AddState(kExpAvgSq, &state.exp_avg_sq);
    if (amsgrad) tensors->second.AddState(kMaxExpAvgSq, &state.max_exp_avg_sq);
  }
  for (auto& [step, lists] : by_step) {
    for (FusedTensors::Lists& t : lists.lists()) {
      const at::Tensor steps =
          at::full({}, static_cast<double>(step),
                   t.params[0].options().dtype(at::kFloat));
      auto run = [&](auto kernel) {
        kernel(t.params, t.grads, t.states[kExpAvg], t.states[kExpAvgSq],
               t.states[kMaxExpAvgSq],
               std::vector<at::Tensor>(t.params.size(), steps),
               group.real("lr"), group.beta(0), group.beta(1),
               group.real("weight_decay"), group.real("eps"), amsgrad,
               group.flag("maximize"));
      };
      if (is_decoupled_) {
        run([](auto&&... args) { at::_fused_adamw_(args...); });
      } else {
        run([](auto&&... args) { at::_fused_adam_(args...); });
      }
    }
  }
}

Dict Adam::ParamState(size_t group, size_t param) const {
  const State& state = states_[group][param];
  if (state.step == 0) return Dict();
  Dict dict{{"step", at::full({}, static_cast<double>(state.step), at::kFloat)},
            {"exp_avg", state.exp_avg},
            {"exp_avg_sq", state.exp_avg_sq}};
  if (state.max_exp_avg_sq.defined()) {
    dict["max_exp_avg_sq"] = state.max_exp_avg_sq;
  }
  return dict;
}

absl::Status Adam::CheckParamState(size_t group, size_t index,
                                   const Dict& state) const {
  if (state.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckStateNames(
      state, {"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"}));
  const at::Tensor& param = param_groups()[group].params[index];
  ASSIGN_OR_RETURN(const Value* step, Require(state, "step", "state"));
  if (!step->get_if<at::Tensor>()) {
    RETURN_IF_ERROR(step->AsInt("step").status());
  } else if (step->get_if<at::Tensor>()->numel() != 1) {
    return absl::InvalidArgumentError("step has more than one element");
  }
  RETURN_IF_ERROR(CheckStateTensor(state, "exp_avg", param));
  RETURN_IF_ERROR(CheckStateTensor(state, "exp_avg_sq", param));
  if (!state.Find("max_exp_avg_sq")) return absl::OkStatus();
  return CheckStateTensor(state, "max_exp_avg_sq", param);
}

void Adam::LoadParamState(size_t group, size_t index, const Dict& state) {
  State& own = states_[group][index];
  own = State();
  if (state.empty()) return;
  const at::Tensor& param = param_groups()[group].params[index];
  const Value* step = state.Find("step");
  const auto* tensor = step->get_if<at::Tensor>();
  own.step = tensor ? static_cast<int64_t>(tensor->item<double>())
                    : *step->AsInt("step");
  own.exp_avg = StateTensor(state, "exp_avg", param);
  own.exp_avg_sq = StateTensor(state, "exp_avg_sq", param);
  if (state.Find("max_exp_avg_sq")) {
    own.max_exp_avg_sq = StateTensor(state, "max_exp_avg_sq", param);
  }
}

ANNEAL_REGISTER(Optimizer, Adam);

}  // namespace anneal
