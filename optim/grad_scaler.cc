#include "optim/grad_scaler.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <vector>

#include "optim/fused_tensors.h"
#include "utils/status_macros.h"

namespace anneal {

at::Tensor GradScaler::Scale(const at::Tensor& loss) const {
  return loss * scale_;
}

void GradScaler::Unscale(Optimizer* optimizer) {
  at::NoGradGuard no_grad;
  FusedTensors tensors(/*num_states=*/0);
  for (ParamGroup& group : optimizer->param_groups()) {
    for (at::Tensor& param : group.params) {
      if (param.grad().defined()) tensors.Add(param.grad(), param.grad());
    }
  }
  found_inf_ = false;
  tensors.ForEachDevice([&](FusedTensors::Lists& lists) {
    const auto options = lists.grads[0].options().dtype(at::kFloat);
    at::Tensor found_inf = at::zeros({1}, options);
    // The inverse in double, as torch computes it.
    at::_amp_foreach_non_finite_check_and_unscale_(
        lists.grads, found_inf, at::full({1}, 1.0 / scale_, options));
    found_inf_ |= found_inf.item<float>() != 0;
  });
}

bool GradScaler::Step(Optimizer* optimizer) {
  if (!found_inf_) optimizer->Step();
  return !found_inf_;
}

void GradScaler::Update() {
  if (!options_.is_dynamic) return;
  if (found_inf_) {
    scale_ *= options_.backoff_factor;
    growth_tracker_ = 0;
  } else if (++growth_tracker_ == options_.growth_interval) {
    scale_ *= options_.growth_factor;
    growth_tracker_ = 0;
  }
}

Value GradScaler::state_dict() const {
  return Dict{{"scale", scale_},
              {"growth_factor", options_.growth_factor},
              {"backoff_factor", options_.backoff_factor},
              {"growth_interval", options_.growth_interval},
              {"_growth_tracker", growth_tracker_}};
}

absl::Status GradScaler::LoadStateDict(const Value& state_dict) {
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("loss_scaler"));
  Options options = options_;
  double scale;
  int64_t tracker;
  ASSIGN_OR_RETURN(const Value* value, Require(*dict, "scale", "loss_scaler"));
  ASSIGN_OR_RETURN(scale, value->AsReal("loss_scaler.scale"));
  ASSIGN_OR_RETURN(value, Require(*dict, "growth_factor", "loss_scaler"));
  ASSIGN_OR_RETURN(options.growth_factor, value->AsReal("growth_factor"));
  ASSIGN_OR_RETURN(value, Require(*dict, "backoff_factor", "loss_scaler"));
  ASSIGN_OR_RETURN(options.backoff_factor, value->AsReal("backoff_factor"));
  ASSIGN_OR_RETURN(value, Require(*dict, "growth_interval", "loss_scaler"));
  ASSIGN_OR_RETURN(options.growth_interval, value->AsInt("growth_interval"));
  ASSIGN_OR_RETURN(value, Require(*dict, "_growth_tracker", "loss_scaler"));
  ASSIGN_OR_RETURN(tracker, value->AsInt("_growth_tracker"));
  options_ = options;
  scale_ = scale;
  growth_tracker_ = tracker;
  return absl::OkStatus();
}

}  // namespace anneal
