// The base of optimizers that remember named fields of each parameter.
#ifndef ANNEAL_OPTIM_PER_PARAM_OPTIMIZER_H_
#define ANNEAL_OPTIM_PER_PARAM_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "optim/optimizer.h"
#include "optim/param_group.h"
#include "utils/value.h"

namespace anneal {

// One field of a parameter's state.
struct StateField {
  enum Kind {
    kStep,         // the steps made, in files a float32 tensor of no dimension
    kIntegerStep,  // the same, in files an integer
    kNumber,       // a float32 number, in files a tensor of no dimension
    kTensor,       // of the parameter's shape and layout
  };

  const char* name;  // Python's
  Kind kind;
  // Of numbers and tensors: the first value; null: 0.
  std::function<double(const ParamGroup&)> initial = nullptr;
  // Whether a group's parameters have the field; null: always.
  std::function<bool(const ParamGroup&)> is_used = nullptr;
  // Of tensors: the shape where it is not the parameter's, nothing for a
  // parameter without the field.
  std::function<absl::optional<std::vector<int64_t>>(const at::Tensor& param)>
      shape = nullptr;
};

// A parameter's state.
struct ParamFields {
  // Whether the parameter has had a gradient; else all else is empty.
  bool exists = false;
  int64_t step = 0;
  // By their order in the class's fields, numbers and tensors each. A tensor
  // that the options don't call for may be undefined.
  absl::InlinedVector<float, 2> numbers;
  absl::InlinedVector<at::Tensor, 3> tensors;
};

// A parameter that has a gradient, in the step being made.
struct ParamStep {
  const at::Tensor* param;
  // Dense ones are laid out as the parameter is.
  const at::Tensor* grad;
  // With `step` counted up already.
  ParamFields* state;
  // Whether a tensor of its state is new.
  bool is_first;
};

// Keeps, saves and loads the state that `fields` describe, in the layout of
// Python's state_dict. A tensor of state has its parameter's dtype, but float32
// where that is a half-precision one: training in bfloat16 stalls without.
class PerParamOptimizer : public Optimizer {
 public:
  // Throws c10::Error, with nothing changed, where a gradient is of a kind that
  // the optimizer does not take.
  void Step() final { ScaledStep(1); }
  void ScaledStep(double grad_factor) final;

 protected:
  // Which gradients the optimizer takes: of both kinds, sparse ones in groups
  // without weight_decay.
  enum class Gradients { kDense, kSparse, kBoth };

  PerParamOptimizer(Dict defaults, std::vector<StateField> fields,
                    Gradients gradients = Gradients::kDense)
      : Optimizer(std::move(defaults)),
        fields_(std::move(fields)),
        gradients_(gradients) {}

  // One step of `params`, all of `group`, each gradient times `grad_factor`.
  virtual void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                         double grad_factor) = 0;
  // Around StepGroup for every group, for classes that look at all gradients.
  virtual void StepGroups(std::vector<std::vector<ParamStep>>& groups,
                          double grad_factor);

  // Whether state is made with the parameters rather than at their first step.
  virtual bool has_state_from_start() const { return false; }

  void ParamsAdded() override;
  Dict ParamState(size_t group, size_t param) const override;
  absl::Status CheckParamState(size_t group, size_t param,
                               const Dict& state) const override;
  void LoadParamState(size_t group, size_t param, const Dict& state) override;

 private:
  void Create(const ParamGroup& group, const at::Tensor& param,
              ParamFields* state) const;
  void CheckGradients() const;
  std::vector<ParamStep> Collect(size_t group, std::deque<at::Tensor>* copies);
  absl::optional<std::vector<int64_t>> ShapeOf(const StateField& field,
                                               const at::Tensor& param) const;

  std::vector<StateField> fields_;
  Gradients gradients_;
  std::vector<std::vector<ParamFields>> states_;  // by group and parameter
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_PER_PARAM_OPTIMIZER_H_
