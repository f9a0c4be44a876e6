// What kind of layer a module is, for rules about its parameters.
#ifndef ANNEAL_OPTIM_CONSTRUCTORS_MODULE_KIND_H_
#define ANNEAL_OPTIM_CONSTRUCTORS_MODULE_KIND_H_

namespace torch::nn {
class Module;
}

namespace anneal {

// Whether it is one of torch's batch, instance, group or layer norms, or a
// class of such a name ("LayerNorm", "SyncBatchNormImpl").
bool IsNorm(const torch::nn::Module& module);

bool IsConv2d(const torch::nn::Module& module);
// A Conv2d with as many groups as input channels.
bool IsDepthwiseConv2d(const torch::nn::Module& module);

// Whether the class is called like mmcv's deformable convolutions,
// "DeformConv2d" or "ModulatedDeformConv2d", also with "Pack" or "Impl" behind
// it. LibTorch has none.
bool IsDeformConv2d(const torch::nn::Module& module);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CONSTRUCTORS_MODULE_KIND_H_
