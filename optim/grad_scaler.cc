#include "optim/grad_scaler.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "optim/fused_tensors.h"
#include "utils/status_macros.h"

namespace anneal {

absl::Status GradScaler::CheckOptions(const Options& options) {
  auto invalid = [](const char* name, double value, const char* range) {
    return absl::InvalidArgumentError(absl::StrCat(
        "loss scaling: ", name, " is ", value, "; it must be ", range));
  };
  const float scale = static_cast<float>(options.init_scale);
  if (!(std::isfinite(scale) && std::isnormal(scale) && scale > 0)) {
    return invalid("the scale", options.init_scale,
                   "above 0 and in float32's range");
  }
  if (!options.is_dynamic) return absl::OkStatus();
  if (!(options.growth_factor > 1 && std::isfinite(options.growth_factor))) {
    return invalid("growth_factor", options.growth_factor,
                   "finite and above 1");
  }
  if (!(options.backoff_factor > 0 && options.backoff_factor < 1)) {
    return invalid("backoff_factor", options.backoff_factor, "between 0 and 1");
  }
  if (options.growth_interval < 1) {
    return invalid("growth_interval",
                   static_cast<double>(options.growth_interval), "at least 1");
  }
  if (!(options.min_scale >= 0 && options.min_scale <= scale)) {
    return invalid("the lower bound", options.min_scale,
                   "at least 0 and at most the first scale");
  }
  if (!(options.max_scale >= scale)) {
    return invalid("the upper bound", options.max_scale,
                   "at least the first scale");
  }
  return absl::OkStatus();
}

GradScaler::GradScaler(const Options& options)
    : options_(options), scale_(static_cast<float>(options.init_scale)) {
  const absl::Status status = CheckOptions(options);
  ANNEAL_CHECK(status.ok()) << status.message();
}

void GradScaler::set_rank_reduction(RankReduction reduction) {
  rank_reduction_ = std::move(reduction);
}

at::Tensor GradScaler::Scale(const at::Tensor& loss) const {
  return loss * scale_;
}

void GradScaler::SkipUnscale(const Optimizer* optimizer) {
  TORCH_CHECK(unscaled_.count(optimizer) == 0,
              "GradScaler: the gradients are unscaled already; call Unscale at "
              "most once an optimizer before Update");
  unscaled_[optimizer] = Unscaled();
}

void GradScaler::Unscale(Optimizer* optimizer) {
  SkipUnscale(optimizer);
  at::NoGradGuard no_grad;
  FusedTensors tensors(/*num_states=*/0);
  for (ParamGroup& group : optimizer->param_groups()) {
    for (at::Tensor& param : group.params) {
      const at::Tensor& grad = param.grad();
      if (!grad.defined()) continue;
      TORCH_CHECK(grad.scalar_type() != at::kHalf,
                  "GradScaler: a gradient is in float16; keep parameters in "
                  "float32 and let autocast cast them");
      // Of a sparse one the numbers that there are; rows given twice add up
      // all the same.
      const at::Tensor numbers = grad.is_sparse() ? grad._values() : grad;
      tensors.Add(numbers, numbers);
    }
  }
  Unscaled& unscaled = unscaled_[optimizer];
  for (FusedTensors::Lists& lists : tensors.lists()) {
    const auto options = lists.grads[0].options().dtype(at::kFloat);
    at::Tensor found_inf = at::zeros({1}, options);
    // The inverse in double, as torch computes it.
    at::_amp_foreach_non_finite_check_and_unscale_(
        lists.grads, found_inf, at::full({1}, 1.0 / scale_, options));
    unscaled.found_inf |= found_inf.item<float>() != 0;
  }
  if (!rank_reduction_) return;
  const at::Tensor& param = optimizer->param_groups()[0].params[0];
  at::Tensor found_inf =
      at::full({1}, unscaled.found_inf, param.options().dtype(at::kFloat));
  rank_reduction_(&found_inf, dist::ReduceOp::kMax);
  unscaled.found_inf = found_inf.item<float>() != 0;
}

bool GradScaler::Step(Optimizer* optimizer, double grad_factor) {
  if (unscaled_.count(optimizer) == 0) Unscale(optimizer);
  Unscaled& unscaled = unscaled_.at(optimizer);
  TORCH_CHECK(!unscaled.has_stepped,
              "GradScaler: call Update after Step before the next one");
  unscaled.has_stepped = true;
  if (!unscaled.found_inf) optimizer->ScaledStep(grad_factor);
  return !unscaled.found_inf;
}

void GradScaler::Update() {
  TORCH_CHECK(!unscaled_.empty(),
              "GradScaler: call Unscale or Step before Update");
  bool found_inf = false;
  for (const auto& [optimizer, unscaled] : unscaled_) {
    found_inf |= unscaled.found_inf;
  }
  unscaled_.clear();
  if (!options_.is_dynamic) return;
  if (found_inf) {
    const float reduced = static_cast<float>(
        std::max(scale_ * options_.backoff_factor, options_.min_scale));
    TORCH_CHECK(std::isnormal(reduced),
                "GradScaler: the gradients are not finite, down to a loss "
                "scale of ",
                scale_,
                "; the model has diverged: lower the learning rate, or clip "
                "the gradients");
    scale_ = reduced;
    growth_tracker_ = 0;
  } else if (++growth_tracker_ >= options_.growth_interval) {
    // Never to infinity.
    const float grown = static_cast<float>(
        std::min(scale_ * options_.growth_factor, options_.max_scale));
    if (std::isfinite(grown)) scale_ = grown;
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
  if (!(scale > 0 && std::isfinite(scale))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "loss_scaler.scale is ", scale, "; it must be finite and above 0"));
  }
  if (tracker < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("loss_scaler._growth_tracker is ", tracker,
                     "; it must not be negative"));
  }
  if (!options_.is_dynamic) return absl::OkStatus();
  scale = std::min(std::max(scale, options.min_scale), options.max_scale);
  options.init_scale = scale;
  RETURN_IF_ERROR(CheckOptions(options));
  options_ = options;
  scale_ = static_cast<float>(scale);
  growth_tracker_ = tracker;
  return absl::OkStatus();
}

}  // namespace anneal
