// What a step logs.
#ifndef ANNEAL_STRUCTURES_LOG_VARS_H_
#define ANNEAL_STRUCTURES_LOG_VARS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace anneal {

// Named scalars of one step, in the order they are logged. Values are
// tensors of one element, possibly still being computed on a device.
using LogVars = std::vector<std::pair<std::string, at::Tensor>>;

}  // namespace anneal

#endif  // ANNEAL_STRUCTURES_LOG_VARS_H_
