// Normalization layers.
#ifndef ANNEAL_MODEL_IS_NORM_H_
#define ANNEAL_MODEL_IS_NORM_H_

namespace torch::nn {
class Module;
}

namespace anneal {

// Whether the module itself is a BatchNorm, InstanceNorm (1d, 2d or 3d),
// GroupNorm or LayerNorm. mmengine's `exclude` is a further `as<T>()`.
bool IsNorm(const torch::nn::Module& layer);

}  // namespace anneal

#endif  // ANNEAL_MODEL_IS_NORM_H_
