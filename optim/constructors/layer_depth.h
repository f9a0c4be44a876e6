// Models that know how deep their parameters lie.
#ifndef ANNEAL_OPTIM_CONSTRUCTORS_LAYER_DEPTH_H_
#define ANNEAL_OPTIM_CONSTRUCTORS_LAYER_DEPTH_H_

#include <cstdint>
#include <string>

namespace anneal {

// What a model inherits beside torch::nn::Module to be trained with
// LearningRateDecayOptimWrapperConstructor: mmpretrain's get_layer_depth.
class HasLayerDepth {
 public:
  struct Depth {
    // 0 for the parameters next to the input, num_layers - 1 for those next
    // to the output.
    int64_t layer = 0;
    int64_t num_layers = 1;
  };

  virtual ~HasLayerDepth() = default;

  // Of the parameter with this name in the module tree.
  virtual Depth GetLayerDepth(const std::string& param_name) const = 0;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CONSTRUCTORS_LAYER_DEPTH_H_
