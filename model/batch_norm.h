// Batch norm in a module tree.
#ifndef ANNEAL_MODEL_BATCH_NORM_H_
#define ANNEAL_MODEL_BATCH_NORM_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// Whether the module has a BatchNorm1d, 2d or 3d anywhere.
bool HasBatchNorm(const torch::nn::Module& module);

// A batch norm layer, told by a tensor of its own, whose storage the layer's op
// is called with.
struct BatchNormLayer {
  // In the module tree, "layer1.0.bn1"; "" for the module itself.
  std::string name;
  // Its running mean, or its weight where it tracks no running statistics.
  at::Tensor tensor;
};

// All BatchNorm1d, 2d and 3d of the module. InvalidArgument names a layer that
// has neither running statistics nor a weight: nothing tells its calls.
absl::StatusOr<std::vector<BatchNormLayer>> FindBatchNorms(
    const torch::nn::Module& module);

}  // namespace anneal

#endif  // ANNEAL_MODEL_BATCH_NORM_H_
