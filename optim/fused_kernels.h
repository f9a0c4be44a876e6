// LibTorch's fused kernels, which serve accelerators best.
#ifndef ANNEAL_OPTIM_FUSED_KERNELS_H_
#define ANNEAL_OPTIM_FUSED_KERNELS_H_

#include <vector>

#include "optim/param_group.h"
#include "optim/per_param_optimizer.h"

namespace anneal {

// Takes out of `params` those that a fused kernel steps better than
// UpdateElementwise: not in host memory, dense, state in the parameter's dtype.
std::vector<ParamStep> TakeFused(std::vector<ParamStep>* params);

// One step of Adam over `params` of `group`, by its options. Leaves gradients
// multiplied by `grad_factor`.
void StepFusedAdam(const ParamGroup& group,
                   const std::vector<ParamStep>& params, double grad_factor,
                   bool is_decoupled, bool has_amsgrad, bool maximize);

// One step of SGD, likewise.
void StepFusedSGD(const ParamGroup& group, const std::vector<ParamStep>& params,
                  double grad_factor);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_FUSED_KERNELS_H_
