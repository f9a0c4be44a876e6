// The interface of every loss.
#ifndef ANNEAL_MODEL_LOSS_FUNCTION_H_
#define ANNEAL_MODEL_LOSS_FUNCTION_H_

#include <ATen/core/Tensor.h>

#include "absl/strings/string_view.h"
#include "registry/registry.h"

namespace anneal {

// A differentiable measure of how wrong outputs are.
class LossFunction {
 public:
  virtual ~LossFunction() = default;

  // The loss of each sample, float [N]. Throws c10::Error for shapes that don't
  // fit.
  virtual at::Tensor PerSample(const at::Tensor& outputs,
                               const at::Tensor& targets) const = 0;
  // How many targets of each sample count, float [N], or undefined: as many in
  // each. The mean of PerSample so weighted is Mean.
  virtual at::Tensor Weights(const at::Tensor& /*targets*/) const { return {}; }
  // The mean over what counts.
  virtual at::Tensor Mean(const at::Tensor& outputs,
                          const at::Tensor& targets) const {
    return PerSample(outputs, targets).mean();
  }

  // What outputs are called among a model's predictions: "scores" of classes,
  // or "predictions" of numbers.
  virtual absl::string_view outputs_name() const = 0;
};

ANNEAL_REGISTRY(LossFunction, "loss");

}  // namespace anneal

#endif  // ANNEAL_MODEL_LOSS_FUNCTION_H_
