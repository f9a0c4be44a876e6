// What bitsandbytes' optimizers share: state of 8 or 32 bits.
#ifndef ANNEAL_OPTIM_EIGHT_BIT_OPTIMIZER_H_
#define ANNEAL_OPTIM_EIGHT_BIT_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "optim/block_quantization.h"
#include "optim/optimizer.h"

namespace anneal {

// Keeps one or two means of each parameter in 8 bits (Dettmers et al.: 8-bit
// Optimizers via Block-wise Quantization, 2022), which takes a quarter of the
// memory and a step a few passes more; those of small parameters in float32. A
// class says what a step does to float32 numbers. The second mean, if any, is
// never negative, so its bytes have no sign.
class EightBitOptimizer : public Optimizer {
 public:
  // Throws c10::Error, with nothing changed, for a sparse gradient.
  void Step() override;

 protected:
  // Parameters of fewer than `min_8bit_size` elements have float32 state.
  EightBitOptimizer(Dict defaults, int num_means, int64_t min_8bit_size);

  // `means` begin at 0; all tensors are float32 of one shape. `grad` is not to
  // be changed.
  virtual void Update(const ParamGroup& group, int64_t step,
                      const at::Tensor& param, const at::Tensor& grad,
                      const std::array<at::Tensor, 2>& means) const = 0;

  absl::Status ValidateOptions(const Dict& options) const override;
  void ParamsAdded() override;
  // Named as bitsandbytes' own: step, state1, qmap1, absmax1, state2, ...
  Dict ParamState(size_t group, size_t param) const override;
  absl::Status CheckParamState(size_t group, size_t param,
                               const Dict& state) const override;
  void LoadParamState(size_t group, size_t param, const Dict& state) override;

 private:
  // One mean of a parameter: float32, or quantized.
  struct Mean {
    at::Tensor numbers;
    Quantized quantized;
  };
  struct State {
    int64_t step = 0;
    std::array<Mean, 2> means;
  };

  bool IsQuantized(const at::Tensor& param) const {
    return param.numel() >= min_8bit_size_;
  }

  int num_means_;
  int64_t min_8bit_size_;
  std::vector<std::vector<State>> states_;  // by group and parameter
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_EIGHT_BIT_OPTIMIZER_H_
