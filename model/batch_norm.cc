#include "model/batch_norm.h"

#include <torch/nn/modules/batchnorm.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace anneal {
namespace {

bool IsBatchNorm(const torch::nn::Module& module) {
  return module.as<torch::nn::BatchNorm1dImpl>() ||
         module.as<torch::nn::BatchNorm2dImpl>() ||
         module.as<torch::nn::BatchNorm3dImpl>();
}

}  // namespace

bool HasBatchNorm(const torch::nn::Module& module) {
  for (const auto& child : module.modules()) {
    if (IsBatchNorm(*child)) return true;
  }
  return false;
}

absl::StatusOr<std::vector<BatchNormLayer>> FindBatchNorms(
    const torch::nn::Module& module) {
  std::vector<BatchNormLayer> layers;
  for (const auto& child : module.named_modules()) {
    if (!IsBatchNorm(*child.value())) continue;
    const auto buffers = child.value()->named_buffers(/*recurse=*/false);
    const auto parameters = child.value()->named_parameters(/*recurse=*/false);
    BatchNormLayer layer{child.key(), {}};
    if (const at::Tensor* running_mean = buffers.find("running_mean")) {
      layer.tensor = *running_mean;
    } else if (const at::Tensor* weight = parameters.find("weight")) {
      layer.tensor = *weight;
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "batch norm \"", child.key(),
          "\" can't be synchronized: it has neither running statistics nor a "
          "weight that would tell its calls from others'; make it with "
          "affine(true) or track_running_stats(true)"));
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace anneal
