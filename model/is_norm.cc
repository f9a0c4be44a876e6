#include "model/is_norm.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/normalization.h>

namespace anneal {
namespace {

template <typename... T>
bool IsAnyOf(const torch::nn::Module& layer) {
  return (... || (layer.as<T>() != nullptr));
}

}  // namespace

bool IsNorm(const torch::nn::Module& layer) {
  namespace nn = torch::nn;
  return IsAnyOf<nn::BatchNorm1dImpl, nn::BatchNorm2dImpl, nn::BatchNorm3dImpl,
                 nn::InstanceNorm1dImpl, nn::InstanceNorm2dImpl,
                 nn::InstanceNorm3dImpl, nn::GroupNormImpl, nn::LayerNormImpl>(
      layer);
}

}  // namespace anneal
