#include "optim/fused_kernels.h"

#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "optim/fused_tensors.h"

namespace anneal {
namespace {

// What the kernels divide gradients by.
std::optional<at::Tensor> Divisor(const at::Tensor& param, double grad_factor) {
  if (grad_factor == 1) return std::nullopt;
  return at::full({1}, 1 / grad_factor, param.options().dtype(at::kFloat));
}

}  // namespace

std::vector<ParamStep> TakeFused(std::vector<ParamStep>* params) {
  const auto taken = std::stable_partition(
      params->begin(), params->end(), [](const ParamStep& step) {
        const at::ScalarType type = step.param->scalar_type();
        return step.param->is_cpu() || step.grad->is_sparse() ||
               step.grad->scalar_type() != type ||
               (type != at::kFloat && type != at::kDouble);
      });
  std::vector<ParamStep> fused(taken, params->end());
  params->erase(taken, params->end());
  return fused;
}

void StepFusedAdam(const ParamGroup& group,
                   const std::vector<ParamStep>& params, double grad_factor,
                   bool is_decoupled, bool has_amsgrad, bool maximize) {
  enum { kExpAvg, kExpAvgSq, kMaxExpAvgSq, kNumStates };
  // By the number of steps, which the kernel takes as a tensor: parameters that
  // always have a gradient share one.
  std::map<int64_t, FusedTensors> by_step;
  for (const ParamStep& step : params) {
    FusedTensors& tensors =
        by_step.try_emplace(step.state->step, kNumStates).first->second;
    tensors.Add(*step.param, *step.grad);
    for (int i = 0; i < (has_amsgrad ? kNumStates : kMaxExpAvgSq); ++i) {
      tensors.AddState(i, &step.state->tensors[i]);
    }
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
               group.real("weight_decay"), group.real("eps"), has_amsgrad,
               maximize, Divisor(t.params[0], grad_factor));
      };
      if (is_decoupled) {
        run([](auto&&... args) { at::_fused_adamw_(args...); });
      } else {
        run([](auto&&... args) { at::_fused_adam_(args...); });
      }
    }
  }
}

void StepFusedSGD(const ParamGroup& group, const std::vector<ParamStep>& params,
                  double grad_factor) {
  const double momentum = group.real("momentum");
  const bool maximize =
      group.options.Find("maximize") && group.flag("maximize");
  // A parameter's first step, which starts its buffer, and the later ones.
  FusedTensors first(/*num_states=*/1);
  FusedTensors later(1);
  for (const ParamStep& step : params) {
    FusedTensors& tensors = momentum != 0 && step.is_first ? first : later;
    tensors.Add(*step.param, *step.grad);
    if (momentum != 0) tensors.AddState(0, &step.state->tensors[0]);
  }
  for (const bool is_first : {true, false}) {
    for (auto& t : (is_first ? first : later).lists()) {
      at::_fused_sgd_(t.params, t.grads, t.states[0],
                      group.real("weight_decay"), momentum, group.real("lr"),
                      group.real("dampening"), group.flag("nesterov"), maximize,
                      is_first, Divisor(t.params[0], grad_factor));
    }
  }
}

}  // namespace anneal
