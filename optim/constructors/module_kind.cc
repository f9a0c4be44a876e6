#include "optim/constructors/module_kind.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/normalization.h>

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace anneal {
namespace {

template <typename T>
bool Is(const torch::nn::Module& module) {
  return dynamic_cast<const T*>(&module) != nullptr;
}

// "LayerNorm" for torch::nn::LayerNormImpl.
std::string ClassName(const torch::nn::Module& module) {
  const std::string& full = module.name();
  const size_t colon = full.rfind(':');
  const absl::string_view name =
      absl::string_view(full).substr(colon == full.npos ? 0 : colon + 1);
  return std::string(absl::StripSuffix(name, "Impl"));
}

}  // namespace

bool IsNorm(const torch::nn::Module& module) {
  static const auto* names = new std::set<std::string>{
      "BatchNorm1d",    "BatchNorm2d",    "BatchNorm3d",
      "GroupNorm",      "InstanceNorm1d", "InstanceNorm2d",
      "InstanceNorm3d", "LayerNorm",      "SyncBatchNorm"};
  return Is<torch::nn::BatchNorm1dImpl>(module) ||
         Is<torch::nn::BatchNorm2dImpl>(module) ||
         Is<torch::nn::BatchNorm3dImpl>(module) ||
         Is<torch::nn::GroupNormImpl>(module) ||
         Is<torch::nn::InstanceNorm1dImpl>(module) ||
         Is<torch::nn::InstanceNorm2dImpl>(module) ||
         Is<torch::nn::InstanceNorm3dImpl>(module) ||
         Is<torch::nn::LayerNormImpl>(module) ||
         names->count(ClassName(module)) > 0;
}

bool IsConv2d(const torch::nn::Module& module) {
  return Is<torch::nn::Conv2dImpl>(module);
}

bool IsDepthwiseConv2d(const torch::nn::Module& module) {
  const auto* conv = dynamic_cast<const torch::nn::Conv2dImpl*>(&module);
  return conv != nullptr &&
         conv->options.in_channels() == conv->options.groups();
}

bool IsDeformConv2d(const torch::nn::Module& module) {
  const std::string name = ClassName(module);
  const absl::string_view kind = absl::StripSuffix(name, "Pack");
  return kind == "DeformConv2d" || kind == "ModulatedDeformConv2d";
}

}  // namespace anneal
