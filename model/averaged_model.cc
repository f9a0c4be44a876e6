#include "model/averaged_model.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_sub.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logging/log.h"

namespace anneal {
namespace {

// Why `value` can't be the average of `source`, or "".
std::string Misfit(const Value& value, const at::Tensor& source) {
  const auto* tensor = value.get_if<at::Tensor>();
  if (tensor == nullptr || !tensor->defined()) {
    return absl::StrCat("expected a tensor, found ", value.type_name());
  }
  if (tensor->sizes() == source.sizes()) return "";
  return absl::StrCat("has shape [", absl::StrJoin(tensor->sizes(), ", "),
                      "], the model [", absl::StrJoin(source.sizes(), ", "),
                      "]");
}

}  // namespace

BaseAveragedModel::BaseAveragedModel(
    std::shared_ptr<const torch::nn::Module> source,
    const AveragedModelOptions& options)
    : module_(std::move(source)), options_(options) {
  ANNEAL_CHECK(options.interval >= 1) << "interval is " << options.interval;
  absl::flat_hash_map<const at::TensorImpl*, size_t> indices;
  const auto add = [&](const auto& tensors) {
    for (const auto& item : tensors) {
      const at::Tensor& tensor = item.value();
      const auto [index, is_new] =
          indices.emplace(tensor.unsafeGetTensorImpl(), source_.size());
      if (is_new) source_.push_back(tensor);
      names_.emplace_back(item.key(), index->second);
    }
  };
  add(module_->named_parameters());
  if (options.update_buffers) add(module_->named_buffers());
}

std::vector<at::Tensor> BaseAveragedModel::CopySource() const {
  std::vector<at::Tensor> copies;
  for (const at::Tensor& tensor : source_) {
    copies.push_back(tensor.detach().to(
        options_.device.value_or(tensor.device()), tensor.scalar_type(),
        /*non_blocking=*/false, /*copy=*/true));
  }
  return copies;
}

void BaseAveragedModel::UpdateParameters() {
  at::NoGradGuard no_grad;
  if (steps_ == 0) {
    averages_ = CopySource();
  } else if (steps_ % options_.interval == 0) {
    std::vector<at::Tensor> averaged;
    std::vector<at::Tensor> source;
    for (size_t i = 0; i < source_.size(); ++i) {
      if (!source_[i].is_floating_point()) continue;
      averaged.push_back(averages_[i]);
      source.push_back(source_[i].to(averages_[i].device()));
    }
    if (!averaged.empty()) Average(averaged, source, steps_);
  }
  ++steps_;
}

Dict BaseAveragedModel::Averages() const {
  const std::vector<at::Tensor>& tensors = steps_ == 0 ? source_ : averages_;
  Dict averages;
  for (const auto& [name, index] : names_) {
    averages[name] = tensors[index].detach();
  }
  return averages;
}

void BaseAveragedModel::SwapWithSource() {
  if (steps_ == 0) return;
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < source_.size(); ++i) {
    const at::Tensor average = averages_[i].clone();
    averages_[i].copy_(source_[i]);
    source_[i].copy_(average);
  }
}

absl::Status BaseAveragedModel::Load(int64_t steps, const Dict& averages,
                                     bool strict) {
  std::vector<std::string> errors;
  std::vector<std::string> missing;
  for (const auto& [name, index] : names_) {
    const Value* value = averages.Find(name);
    if (value == nullptr) {
      missing.push_back(name);
      continue;
    }
    const std::string misfit = Misfit(*value, source_[index]);
    if (!misfit.empty()) errors.push_back(name + ": " + misfit);
  }
  if (steps < 0) errors.push_back(absl::StrCat("steps is ", steps));
  if (strict && !missing.empty()) {
    errors.push_back("missing: " + absl::StrJoin(missing, ", "));
  }
  if (!errors.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the averages don't fit the model; load those of the same model:\n  ",
        absl::StrJoin(errors, "\n  ")));
  }
  if (!missing.empty()) {
    ANNEAL_LOG(WARNING) << "without an average, so begun anew: "
                        << absl::StrJoin(missing, ", ");
  }
  steps_ = steps;
  averages_.clear();
  if (steps == 0) return absl::OkStatus();
  at::NoGradGuard no_grad;
  averages_ = CopySource();
  for (const auto& [name, index] : names_) {
    const Value* value = averages.Find(name);
    if (value != nullptr) averages_[index].copy_(*value->get_if<at::Tensor>());
  }
  return absl::OkStatus();
}

void StochasticWeightAverage::Average(at::TensorList averaged,
                                      at::TensorList source, int64_t steps) {
  const double share = 1.0 / static_cast<double>(steps / interval() + 1);
  at::_foreach_add_(averaged, at::_foreach_sub(source, averaged), share);
}

void ExponentialMovingAverage::Average(at::TensorList averaged,
                                       at::TensorList source, int64_t) {
  at::_foreach_lerp_(averaged, source, momentum_);
}

void MomentumAnnealingEMA::Average(at::TensorList averaged,
                                   at::TensorList source, int64_t steps) {
  const double share =
      std::max(momentum(), static_cast<double>(gamma_) / (gamma_ + steps));
  at::_foreach_lerp_(averaged, source, share);
}

}  // namespace anneal
