#include "model/batch_norm.h"

#include <torch/nn/modules/batchnorm.h>

namespace anneal {

bool HasBatchNorm(const torch::nn::Module& module) {
  for (const auto& child : module.modules()) {
    if (child->as<torch::nn::BatchNorm1dImpl>() ||
        child->as<torch::nn::BatchNorm2dImpl>() ||
        child->as<torch::nn::BatchNorm3dImpl>()) {
      return true;
    }
  }
  return false;
}

}  // namespace anneal
