// Stochastic gradient descent.
#ifndef ANNEAL_OPTIM_SGD_H_
#define ANNEAL_OPTIM_SGD_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/optimizer.h"
#include "optim/sgd.pb.h"

namespace anneal {

// torch.optim.SGD on LibTorch's fused kernel:
//
//   g = grad + weight_decay * p
//   b = momentum * b + (1 - dampening) * g        (b = g at the first step)
//   p = p - lr * (nesterov ? g + momentum * b : b)
class SGD : public Optimizer {
 public:
  using Config = SGDConfig;

  static absl::StatusOr<std::unique_ptr<SGD>> Create(
      const Config& config, std::vector<ParamGroup> groups);

  void Step() override;

 protected:
  absl::string_view type_name() const override { return "SGD"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void ParamsAdded() override;
  Dict ParamState(size_t group, size_t param) const override;
  absl::Status CheckParamState(size_t group, size_t param,
                               const Dict& state) const override;
  void LoadParamState(size_t group, size_t param, const Dict& state) override;

 private:
  explicit SGD(const Config& config);
  void StepGroup(size_t group);

  // By group and parameter; undefined before the first step.
  std::vector<std::vector<at::Tensor>> momentum_buffers_;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SGD_H_
