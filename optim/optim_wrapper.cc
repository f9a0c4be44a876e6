#include "optim/optim_wrapper.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_clamp_max.h>
#include <ATen/ops/_foreach_clamp_min.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/sparse_coo_tensor.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "logging/log.h"
#include "optim/constructors/module_tree.h"
#include "optim/constructors/optim_wrapper_constructor.h"
#include "optim/param_state.h"
#include "registry/registry.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr char kAccumulation[] = "accumulation";

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
  if (!(clip.norm_type() > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("optim_wrapper.clip_grad.norm_type is ", clip.norm_type(),
                     "; it must be above 0"));
  }
  const double bound = by_norm ? clip.max_norm() : clip.clip_value();
  if (bound > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "optim_wrapper.clip_grad.", by_norm ? "max_norm" : "clip_value", " is ",
      bound, "; it must be above 0"));
}

// A gradient as plain values: files have no sparse tensors.
Value SavedGradient(const at::Tensor& gradient) {
  if (!gradient.is_sparse()) return gradient;
  return Dict{{"indices", gradient._indices()}, {"values", gradient._values()}};
}

absl::StatusOr<at::Tensor> ReadGradient(const Value& saved,
                                        const at::Tensor& param) {
  const auto* sparse = saved.get_if<Dict>();
  if (sparse == nullptr) {
    const Dict named{{"gradient", saved}};
    RETURN_IF_ERROR(CheckStateTensor(named, "gradient", param));
    return StateTensor(named, "gradient", param);
  }
  std::vector<at::Tensor> parts;
  for (const char* name : {"indices", "values"}) {
    ASSIGN_OR_RETURN(const Value* value, Require(*sparse, name, "gradient"));
    ASSIGN_OR_RETURN(parts.emplace_back(), value->AsTensor(name));
  }
  at::Tensor gradient;
  // It throws where they don't make a tensor of that shape.
  RETURN_IF_ERROR(CatchTorchError([&] {
    gradient = at::sparse_coo_tensor(
        parts[0].to(param.device(), at::kLong),
        parts[1].to(param.options(), /*non_blocking=*/false, /*copy=*/true),
        param.sizes());
    return absl::OkStatus();
  }));
  return gradient;
}

struct Accumulation {
  // By the parameter's index; undefined where there is none.
  std::vector<at::Tensor> gradients;
  absl::optional<int64_t> inner_count;
};

// The scale that the saved gradients carry.
absl::StatusOr<double> ReadLossScale(const Dict& accumulation) {
  ASSIGN_OR_RETURN(const Value* value,
                   Require(accumulation, "loss_scale", kAccumulation));
  ASSIGN_OR_RETURN(const double scale, value->AsReal("loss_scale"));
  if (scale > 0 && std::isfinite(scale)) return scale;
  return absl::InvalidArgumentError(
      absl::StrCat(kAccumulation, ".loss_scale is ", scale,
                   "; it must be finite and above 0"));
}

// What the state says of a window begun, for parameters `params` and a run
// whose losses are multiplied by `loss_scale`.
absl::StatusOr<Accumulation> ReadAccumulation(
    const Value& state_dict, int64_t accumulative_counts, double loss_scale,
    const std::vector<at::Tensor>& params) {
  Accumulation result;
  result.gradients.resize(params.size());
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("optimizer"));
  const Value* value = dict->Find(kAccumulation);
  if (value == nullptr) return result;
  ASSIGN_OR_RETURN(const Dict* accumulation, value->AsDict(kAccumulation));
  ASSIGN_OR_RETURN(
      value, Require(*accumulation, "accumulative_counts", kAccumulation));
  ASSIGN_OR_RETURN(const int64_t window, value->AsInt("accumulative_counts"));
  ASSIGN_OR_RETURN(value, Require(*accumulation, "gradients", kAccumulation));
  ASSIGN_OR_RETURN(const Dict* gradients, value->AsDict("gradients"));
  if (window != accumulative_counts) {
    if (!gradients->empty()) {
      ANNEAL_LOG(WARNING) << "the state was saved inside a window of " << window
                          << " accumulated iterations, this run has "
                          << accumulative_counts
                          << ": the gradients of those before are lost";
    }
    return result;
  }
  ASSIGN_OR_RETURN(const double saved_scale, ReadLossScale(*accumulation));
  for (size_t i = 0; i < params.size(); ++i) {
    const Value* gradient = gradients->Find(static_cast<int64_t>(i));
    if (gradient == nullptr) continue;
    ASSIGN_OR_RETURN(result.gradients[i], ReadGradient(*gradient, params[i]));
    if (saved_scale == loss_scale) continue;
    result.gradients[i].mul_(loss_scale / saved_scale);
  }
  ASSIGN_OR_RETURN(value, Require(*accumulation, "inner_count", kAccumulation));
  ASSIGN_OR_RETURN(result.inner_count, value->AsInt("inner_count"));
  return result;
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
  std::vector<ParamGroup> groups;
  if (config.has_paramwise_cfg()) {
    ASSIGN_OR_RETURN(const auto constructor,
                     RegistryOf<OptimWrapperConstructor>::Get().Build(
                         config.paramwise_cfg()));
    ASSIGN_OR_RETURN(groups,
                     constructor->MakeGroups(model, config.optimizer()));
  } else {
    groups = OneGroup(model);
  }
  bool has_params = false;
  bool is_frozen = true;
  for (const ParamGroup& group : groups) {
    for (const at::Tensor& param : group.params) {
      has_params = true;
      is_frozen &= !param.requires_grad();
    }
  }
  if (is_frozen && has_params) {
    return absl::InvalidArgumentError(
        "no parameter of the model requires a gradient; leave some unfrozen to "
        "train it");
  }
  auto built =
      RegistryOf<Optimizer>::Get().Build(config.optimizer(), std::move(groups));
  if (!built.ok()) return Annotate(built.status(), "optim_wrapper.optimizer");
  std::unique_ptr<Optimizer> optimizer = *std::move(built);
  if (optimizer->needs_closure()) {
    return absl::InvalidArgumentError(
        "optim_wrapper.optimizer evaluates the loss several times a step, "
        "which "
        "a run does not; call its Step(closure) in a loop of your own");
  }
  return optimizer;
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
      optimizers_{{"", optimizer_.get()}},
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
  if (init_counts % window != 0 && gradients().empty()) {
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

void OptimWrapper::set_log_name(absl::string_view name) {
  grad_norm_name_ = absl::StrCat("train/", name, ".grad_norm");
}

void OptimWrapper::set_backward(BackwardFunction backward) {
  backward_ = std::move(backward);
}

void OptimWrapper::set_rank_reduction(RankReduction reduction) {
  rank_reduction_ = std::move(reduction);
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
  const bool in_last_window = max_counts_ != -1 && inner_count_ < max_counts_ &&
                              inner_count_ >= max_counts_ - remainder_counts_;
  return loss / (in_last_window ? remainder_counts_ : window);
}

void OptimWrapper::Backward(const at::Tensor& loss) {
  if (!backward_) return loss.backward();
  backward_(loss, ShouldSync());
}

void OptimWrapper::Step() { optimizer_->ScaledStep(ClipGradients()); }

double OptimWrapper::ClipGradients() {
  if (!config_.has_clip_grad()) return 1;
  const ClipGrad& clip = config_.clip_grad();
  at::NoGradGuard no_grad;
  const std::vector<at::Tensor> grads = gradients();
  if (clip.has_clip_value()) {
    if (grads.empty()) return 1;
    at::_foreach_clamp_min_(grads, -clip.clip_value());
    at::_foreach_clamp_max_(grads, clip.clip_value());
    return 1;
  }
  // Other ranks may have gradients where this one has none.
  if (grads.empty() && !rank_reduction_) return 1;
  const at::Tensor norm = NormOf(grads, clip.norm_type());
  if (clip.error_if_nonfinite()) {
    TORCH_CHECK(norm.isfinite().item<bool>(), "the gradients' norm is ",
                norm.item<double>(),
                ", and clip_grad.error_if_nonfinite is set");
  }
  const at::Tensor factor = ClipFactor(norm);
  const bool is_on_host = factor.is_cpu();
  if (!is_on_host && !grads.empty()) at::_foreach_mul_(grads, factor);
  return is_on_host ? factor.item<double>() : 1;
}

at::Tensor OptimWrapper::ClipFactor(const at::Tensor& norm) {
  if (message_hub_ != nullptr) {
    if (grad_norm_ == nullptr) {
      grad_norm_ = message_hub_->scalar(grad_norm_name_);
    }
    grad_norm_->Update(norm);
  }
  constexpr double kTiny = 1e-6;  // torch's
  return at::clamp(config_.clip_grad().max_norm() / (norm + kTiny),
                   std::nullopt, 1.0);
}

absl::optional<double> OptimWrapper::FoldedFactor(double factor) {
  const ClipGrad& clip = config_.clip_grad();
  // Ranks that hold parts must all take the same way.
  if (rank_reduction_ || clip.has_clip_value()) return absl::nullopt;
  for (const at::Tensor& param : params()) {
    if (param.scalar_type() != at::kFloat || !param.is_cpu()) {
      return absl::nullopt;
    }
  }
  const std::vector<at::Tensor> grads = gradients();
  if (grads.empty()) return absl::nullopt;
  for (const at::Tensor& grad : grads) {
    if (grad.is_sparse()) return absl::nullopt;
  }
  at::NoGradGuard no_grad;
  // Where nothing clips, for the look at the numbers that it is.
  const at::Tensor norm =
      NormOf(grads, config_.has_clip_grad() ? clip.norm_type() : 2);
  if (!norm.isfinite().item<bool>()) return absl::nullopt;
  if (!config_.has_clip_grad()) return factor;
  return factor * ClipFactor(norm * factor).item<double>();
}

at::Tensor OptimWrapper::NormOf(const std::vector<at::Tensor>& gradients,
                                double p) const {
  at::Tensor norm = gradients.empty()
                        ? at::zeros({}, params()[0].options())
                        : at::linalg_vector_norm(
                              at::stack(at::_foreach_norm(gradients, p)), p);
  if (!rank_reduction_) return norm;
  if (std::isinf(p)) {
    rank_reduction_(&norm, dist::ReduceOp::kMax);
    return norm;
  }
  norm.pow_(p);
  rank_reduction_(&norm, dist::ReduceOp::kSum);
  return norm.pow(1 / p);
}

std::vector<at::Tensor> OptimWrapper::params() const {
  std::vector<at::Tensor> params;
  for (const ParamGroup& group : optimizer_->param_groups()) {
    params.insert(params.end(), group.params.begin(), group.params.end());
  }
  return params;
}

std::vector<at::Tensor> OptimWrapper::gradients() const {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& param : params()) {
    if (param.grad().defined()) gradients.push_back(param.grad());
  }
  return gradients;
}

Value OptimWrapper::state_dict() const {
  Value state = optimizer_->state_dict();
  if (config_.accumulative_counts() == 1) return state;
  Dict gradients;
  int64_t index = 0;
  for (const at::Tensor& param : params()) {
    if (param.grad().defined()) gradients[index] = SavedGradient(param.grad());
    ++index;
  }
  (*state.get_if<Dict>())[kAccumulation] =
      Dict{{"accumulative_counts", config_.accumulative_counts()},
           {"inner_count", inner_count_},
           {"loss_scale", loss_scale()},
           {"gradients", std::move(gradients)}};
  return state;
}

absl::Status OptimWrapper::LoadStateDict(const Value& state_dict) {
  std::vector<at::Tensor> params = this->params();
  ASSIGN_OR_RETURN(Accumulation accumulation,
                   ReadAccumulation(state_dict, config_.accumulative_counts(),
                                    loss_scale(), params));
  RETURN_IF_ERROR(optimizer_->LoadStateDict(state_dict));
  for (size_t i = 0; i < params.size(); ++i) {
    params[i].mutable_grad() = std::move(accumulation.gradients[i]);
  }
  inner_count_ = accumulation.inner_count.value_or(inner_count_);
  return absl::OkStatus();
}

ANNEAL_REGISTER(BaseOptimWrapper, OptimWrapper);

}  // namespace anneal
