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

// What of its parameters an optimizer remembers.
struct EightBitLayout {
  int num_means;    // of the gradient, say; 1 or 2
  bool has_square;  // a further one that is never negative, so without a sign
  // Parameters of fewer elements have float32 state.
  int64_t min_8bit_size;
  // The longest step for a rate of 1, in lengths of its parameter; 0: any.
  double max_unorm = 0;
};

// One parameter's step.
struct EightBitStep {
  const ParamGroup& group;
  int64_t step;  // from 1
  bool is_quantized;
  // All float32 and of one shape. The gradient is not to be changed.
  at::Tensor param;
  at::Tensor grad;
  // 0 at the first step.
  std::array<at::Tensor, 2> means;
  at::Tensor square;
};

// Keeps means of each parameter in 8 bits (Dettmers et al.: 8-bit Optimizers
// via Block-wise Quantization, 2022), which takes a quarter of the memory and a
// step a few passes more; those of small parameters in float32. A class says
// what a step does to float32 numbers.
class EightBitOptimizer : public Optimizer {
 public:
  // Throws c10::Error, with nothing changed, for a sparse gradient.
  void Step() override;

 protected:
  EightBitOptimizer(Dict defaults, const EightBitLayout& layout);

  virtual void Update(EightBitStep& step) const = 0;

  // What `update` is to be scaled by for max_unorm, `param` being the parameter
  // before the step: 1 for state in 8 bits, as bitsandbytes has it.
  double Bound(const EightBitStep& step, const at::Tensor& param,
               const at::Tensor& update) const;

  absl::Status ValidateOptions(const Dict& options) const override;
  absl::Status ValidateGroup(const ParamGroup& group) const override;
  void ParamsAdded() override;
  // Named as bitsandbytes' own: step, state1, qmap1, absmax1, state2, ...; two
  // means are one state1.
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
    std::vector<Mean> means;  // the square last
  };

  void StepParam(const ParamGroup& group, const at::Tensor& param,
                 State* state) const;
  bool IsQuantized(const at::Tensor& param) const {
    return param.numel() >= layout_.min_8bit_size;
  }
  int num_means() const { return layout_.num_means + layout_.has_square; }
  // Which of bitsandbytes' two states a mean is in, from 0.
  int FieldOf(int mean) const { return mean >= layout_.num_means; }
  int num_fields() const { return 1 + layout_.has_square; }

  EightBitLayout layout_;
  std::vector<std::vector<State>> states_;  // by group and parameter
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_EIGHT_BIT_OPTIMIZER_H_
