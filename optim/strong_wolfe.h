// A line search.
#ifndef ANNEAL_OPTIM_STRONG_WOLFE_H_
#define ANNEAL_OPTIM_STRONG_WOLFE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/functional/function_ref.h"

namespace anneal {

// Where a line search has been: at length `t` along the direction.
struct LinePoint {
  double t = 0;
  double loss = 0;
  double slope = 0;  // the gradient times the direction
  at::Tensor gradient;
};

// A point that satisfies the strong Wolfe conditions (constants 1e-4 and 0.9),
// or the best one after `max_steps` steps beyond the first, by cubic
// interpolation, as torch.optim.LBFGS searches. `start` is at length 0, `t` is
// the first length tried, `direction_size` the direction's largest element.
// Adds to `evaluations` how often it evaluated.
LinePoint StrongWolfe(absl::FunctionRef<LinePoint(double t)> evaluate,
                      const LinePoint& start, double t, double direction_size,
                      int64_t max_steps, int64_t* evaluations);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_STRONG_WOLFE_H_
