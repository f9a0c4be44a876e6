// Batch norm in a module tree.
#ifndef ANNEAL_MODEL_BATCH_NORM_H_
#define ANNEAL_MODEL_BATCH_NORM_H_

namespace torch::nn {
class Module;
}

namespace anneal {

// Whether the module has a BatchNorm1d, 2d or 3d anywhere.
bool HasBatchNorm(const torch::nn::Module& module);

}  // namespace anneal

#endif  // ANNEAL_MODEL_BATCH_NORM_H_
