// Stochastic gradient descent.
#ifndef ANNEAL_OPTIM_SGD_H_
#define ANNEAL_OPTIM_SGD_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/per_param_optimizer.h"
#include "optim/sgd.pb.h"

namespace anneal {

// torch.optim.SGD:
//
//   g = grad + weight_decay * p
//   b = momentum * b + (1 - dampening) * g        (b = g at the first step)
//   p = p - lr * (nesterov ? g + momentum * b : b)
//
// Takes sparse gradients too: without momentum a step touches their rows alone.
// Throws c10::Error for one with weight_decay, as torch does.
class SGD : public PerParamOptimizer {
 public:
  using Config = SGDConfig;

  static absl::StatusOr<std::unique_ptr<SGD>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "SGD"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

  // For a class with other defaults, which may lack maximize.
  // `penalizes_last`: weight_decay goes into the step, past the momentum.
  explicit SGD(Dict defaults, bool penalizes_last = false);

 private:
  bool penalizes_last_;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SGD_H_
