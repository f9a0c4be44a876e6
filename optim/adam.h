// Adam.
#ifndef ANNEAL_OPTIM_ADAM_H_
#define ANNEAL_OPTIM_ADAM_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/adam.pb.h"
#include "optim/optimizer.h"

namespace anneal {

// torch.optim.Adam (Kingma, Ba: Adam: A Method for Stochastic Optimization,
// 2015) on LibTorch's fused kernel; weight decay is an L2 penalty:
//
//   g = grad + weight_decay * p
//   m = beta1 * m + (1 - beta1) * g,  v = beta2 * v + (1 - beta2) * g^2
//   p = p - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
class Adam : public Optimizer {
 public:
  using Config = AdamConfig;

  static absl::StatusOr<std::unique_ptr<Adam>> Create(
      const Config& config, std::vector<ParamGroup> groups);

  void Step() override;

 protected:
  // Whether weight decay acts on the weights themselves.
  Adam(const AdamConfig& config, bool is_decoupled);

  absl::string_view type_name() const override { return "Adam"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void ParamsAdded() override;
  Dict ParamState(size_t group, size_t param) const override;
  absl::Status CheckParamState(size_t group, size_t param,
                               const Dict& state) const override;
  void LoadParamState(size_t group, size_t param, const Dict& state) override;

 private:
  struct State {
    // Steps made; 0 before the first, when the tensors are undefined.
    int64_t step = 0;
    at::Tensor exp_avg;
    at::Tensor exp_avg_sq;
    at::Tensor max_exp_avg_sq;  // with amsgrad only
  };

  void StepGroup(size_t group);

  bool is_decoupled_;
  std::vector<std::vector<State>> states_;  // by group and parameter
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_ADAM_H_
