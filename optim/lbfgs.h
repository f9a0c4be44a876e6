// Limited-memory BFGS.
#ifndef ANNEAL_OPTIM_LBFGS_H_
#define ANNEAL_OPTIM_LBFGS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/lbfgs.pb.h"
#include "optim/optimizer.h"

namespace anneal {

// torch.optim.LBFGS (Nocedal, Wright: Numerical Optimization, 2006): a
// quasi-Newton method for losses of whole data sets. A step evaluates the loss
// up to max_eval times, so no optim wrapper can drive it: call
//
//   lbfgs->Step([&] {
//     lbfgs->ZeroGrad();
//     at::Tensor loss = LossOf(model, data);
//     loss.backward();
//     return loss;
//   });
//
// Takes one group of parameters, of one dtype on one device, and keeps
// history_size * 2 + 3 times their memory.
class LBFGS : public Optimizer {
 public:
  using Config = LBFGSConfig;
  using Closure = std::function<at::Tensor()>;

  static absl::StatusOr<std::unique_ptr<LBFGS>> Create(
      const Config& config, std::vector<ParamGroup> groups);

  // Throws c10::Error.
  void Step() override;
  // Up to max_iter iterations. `closure` gives the loss and leaves its
  // gradients in the parameters; it is called with gradients enabled. Returns
  // the loss at the start.
  at::Tensor Step(const Closure& closure);

  bool needs_closure() const override { return true; }

 protected:
  absl::string_view type_name() const override { return "LBFGS"; }
  bool is_per_param() const override { return false; }
  absl::Status ValidateOptions(const Dict& options) const override;
  absl::Status ValidateGroup(const ParamGroup& group) const override;
  void ParamsAdded() override {}
  // All state is with the first parameter, as torch has it.
  Dict ParamState(size_t group, size_t param) const override;
  absl::Status CheckParamState(size_t group, size_t param,
                               const Dict& state) const override;
  void LoadParamState(size_t group, size_t param, const Dict& state) override;

 private:
  // A change of the parameters and that of the gradient.
  struct Pair {
    at::Tensor step;
    at::Tensor change;
    at::Tensor rho;  // 1 / (step * change)
  };

  explicit LBFGS(const Config& config);

  const std::vector<at::Tensor>& params() const {
    return param_groups()[0].params;
  }
  int64_t integer(absl::string_view option) const;
  at::Tensor FlatGradient() const;
  void Move(const at::Tensor& direction, double t);
  double Evaluate(const Closure& closure);
  void Remember(const at::Tensor& gradient);
  at::Tensor Direction(const at::Tensor& gradient) const;

  int64_t func_evals_ = 0;
  int64_t n_iter_ = 0;
  at::Tensor direction_;  // undefined before the first iteration
  double t_ = 0;
  std::deque<Pair> history_;
  at::Tensor scale_;  // of the first approximation of the inverse Hessian
  at::Tensor previous_gradient_;
  double previous_loss_ = 0;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_LBFGS_H_
