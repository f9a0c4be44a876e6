// DeepSpeedOptimWrapper: the config of mmengine's class for DeepSpeed.

#include <torch/nn/module.h>

#include <memory>
#include <utility>

#include "optim/base_optim_wrapper.h"
#include "optim/deepspeed_optim_wrapper.pb.h"
#include "optim/optim_wrapper.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// An OptimWrapper that only steps: accumulation, clipping and precision are
// the strategy's to say (gradient_accumulation_steps, gradient_clipping, fp16),
// so they are no fields here, as in mmengine. Unlike there, state_dict holds
// the optimizer's state and gradients may be zeroed.
//
//   optim_wrapper: {type: DeepSpeedOptimWrapper,
//                   optimizer: {type: AdamW, lr: 0.001}}
class DeepSpeedOptimWrapper : public OptimWrapper {
 public:
  using Config = DeepSpeedOptimWrapperConfig;

  static absl::StatusOr<std::unique_ptr<DeepSpeedOptimWrapper>> Create(
      const Config& config, const torch::nn::Module& model,
      MessageHub* message_hub) {
    OptimWrapperConfig base;
    *base.mutable_optimizer() = config.optimizer();
    if (config.has_paramwise_cfg()) {
      *base.mutable_paramwise_cfg() = config.paramwise_cfg();
    }
    ASSIGN_OR_RETURN(auto optimizer, BuildOptimizer(base, model));
    return std::unique_ptr<DeepSpeedOptimWrapper>(
        new DeepSpeedOptimWrapper(base, std::move(optimizer), message_hub));
  }

 private:
  using OptimWrapper::OptimWrapper;
};

ANNEAL_REGISTER(BaseOptimWrapper, DeepSpeedOptimWrapper);

}  // namespace
}  // namespace anneal
