#include "optim/optim_wrapper.h"

#include <ATen/ops/_foreach_clamp_max.h>
#include <ATen/ops/_foreach_clamp_min.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <torch/nn/module.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::Status CheckClip(const ClipGrad& clip) {
  const bool by_norm = clip.has_max_norm();
  const bool by_value = clip.has_clip_value();
  if (by_norm == by_value) {
    return absl::InvalidArgumentError(
        "optim_wrapper.clip_grad needs max_norm or clip_value, and not both");
  }
  if (clip.has_type() && clip.type() != (by_norm ? "norm" : "value")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "optim_wrapper.clip_grad.type is \"", clip.type(), "\", but ",
        by_norm ? "max_norm" : "clip_value", " is given; type must be \"",
        by_norm ? "norm" : "value", "\""));
  }
  const double bound = by_norm ? clip.max_norm() : clip.clip_value();
  if (bound > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "optim_wrapper.clip_grad.", by_norm ? "max_norm" : "clip_value", " is ",
      bound, "; it must be above 0"));
}

}  // namespace

absl::Status OptimWrapper::ValidateConfig(const Config& config) {
  if (config.accumulative_counts() < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("optim_wrapper.accumulative_counts is ",
                     config.accumulative_counts(), "; it must be at least 1"));
  }
  return config.has_clip_grad() ? CheckClip(config.clip_grad())
                                : absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Optimizer>> OptimWrapper::BuildOptimizer(
    const Config& config, const torch::nn::Module& model) {
  std::vector<ParamGroup> groups(1);
  // A parameter that two modules share is listed under both names.
  std::set<const void*> seen;
  for (const auto& item : model.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    if (!seen.insert(item.value().unsafeGetTensorImpl()).second) continue;
    groups[0].params.push_back(item.value());
    groups[0].names.push_back(item.key());
  }
  return RegistryOf<Optimizer>::Get().Build(config.optimizer(),
                                            std::move(groups));
}

absl::StatusOr<std::unique_ptr<OptimWrapper>> OptimWrapper::Create(
    const Config& config, const torch::nn::Module& model,
    MessageHub* message_hub) {
  RETURN_IF_ERROR(ValidateConfig(config));
  ASSIGN_OR_RETURN(auto optimizer, BuildOptimizer(config, model));
  return std::unique_ptr<OptimWrapper>(
      new OptimWrapper(config, std::move(optimizer), message_hub));
}

OptimWrapper::OptimWrapper(const Config& config,
                           std::unique_ptr<Optimizer> optimizer,
                           MessageHub* message_hub)
    : config_(config),
      optimizer_(std::move(optimizer)),
      message_hub_(message_hub) {}

void OptimWrapper::UpdateParams(const at::Tensor& loss) {
  Backward(ScaleLoss(loss));
  ++inner_count_;
  if (!ShouldUpdate()) return;
  Step();
  optimizer_->ZeroGrad();
}

void OptimWrapper::InitializeCountStatus(int64_t init_counts,
                                         int64_t max_counts,
                                         bool has_batch_norm) {
  inner_count_ = init_counts;
  max_counts_ = max_counts;
  const int64_t window = config_.accumulative_counts();
  remainder_counts_ = max_counts % window;
  if (init_counts % window != 0) {
    ANNEAL_LOG(WARNING) << "the run goes on at iteration " << init_counts
                        << ", inside a window of " << window
                        << " accumulated iterations: the gradients of those "
                           "before it are lost";
  }
  if (has_batch_norm && window > 1) {
    ANNEAL_LOG(WARNING) << "gradient accumulation may slightly worsen a model "
                           "with batch norm: its statistics are those of "
                           "single batches";
  }
}

bool OptimWrapper::ShouldUpdate() const {
  return inner_count_ % config_.accumulative_counts() == 0 ||
         inner_count_ == max_counts_;
}

bool OptimWrapper::ShouldSync() const {
  const int64_t next = inner_count_ + 1;
  return next % config_.accumulative_counts() == 0 || next == max_counts_;
}

at::Tensor OptimWrapper::ScaleLoss(const at::Tensor& loss) const {
  const int64_t window = config_.accumulative_counts();
  if (window == 1) return loss;
  const bool in_last_window =
      max_counts_ != -1 && inner_count_ >= max_counts_ - remainder_counts_;
  return loss / (in_last_window ? remainder_counts_ : window);
}

void OptimWrapper::Backward(const at::Tensor& loss) { loss.backward(); }

void OptimWrapper::Step() {
  ClipGradients();
  optimizer_->Step();
}

void OptimWrapper::ClipGradients() {
  if (!config_.has_clip_grad()) return;
  const ClipGrad& clip = config_.clip_grad();
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> grads;
  for (const ParamGroup& group : optimizer_->param_groups()) {
    for (const at::Tensor& param : group.params) {
      if (param.grad().defined()) grads.push_back(param.grad());
    }
  }
  if (grads.empty()) return;
  if (clip.has_clip_value()) {
    at::_foreach_clamp_min_(grads, -clip.clip_value());
    at::_foreach_clamp_max_(grads, clip.clip_value());
    return;
  }
  const at::Tensor norm = at::linalg_vector_norm(
      at::stack(at::_foreach_norm(grads, clip.norm_type())), clip.norm_type());
  if (clip.error_if_nonfinite()) {
    TORCH_CHECK(norm.isfinite().item<bool>(), "the gradients' norm is ",
                norm.item<double>(),
                ", and clip_grad.error_if_nonfinite is set");
  }
  constexpr double kTiny = 1e-6;  // torch's
  at::_foreach_mul_(
      grads, at::clamp(clip.max_norm() / (norm + kTiny), std::nullopt, 1.0));
  if (message_hub_ != nullptr) {
    if (grad_norm_ == nullptr) {
      grad_norm_ = message_hub_->scalar("train/grad_norm");
    }
    grad_norm_->Update(norm);
  }
}

Value OptimWrapper::state_dict() const { return optimizer_->state_dict(); }

absl::Status OptimWrapper::LoadStateDict(const Value& state_dict) {
  return optimizer_->LoadStateDict(state_dict);
}

ANNEAL_REGISTER(OptimWrapper, OptimWrapper);

}  // namespace anneal
