// ColossalAIOptimWrapper: the config of mmengine's class for ColossalAI.

#include <torch/nn/module.h>

#include <memory>
#include <utility>

#include "optim/base_optim_wrapper.h"
#include "optim/colossalai_optim_wrapper.pb.h"
#include "optim/optim_wrapper.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// An OptimWrapper that accumulates and steps: clipping and precision are the
// strategy's to say, so they are no fields here, as in mmengine.
//
//   optim_wrapper: {type: ColossalAIOptimWrapper,
//                   optimizer: {type: HybridAdam, lr: 0.001}}
class ColossalAIOptimWrapper : public OptimWrapper {
 public:
  using Config = ColossalAIOptimWrapperConfig;

  static absl::StatusOr<std::unique_ptr<ColossalAIOptimWrapper>> Create(
      const Config& config, const torch::nn::Module& model,
      MessageHub* message_hub) {
    OptimWrapperConfig base;
    *base.mutable_optimizer() = config.optimizer();
    base.set_accumulative_counts(config.accumulative_counts());
    if (config.has_paramwise_cfg()) {
      *base.mutable_paramwise_cfg() = config.paramwise_cfg();
    }
    RETURN_IF_ERROR(ValidateConfig(base));
    ASSIGN_OR_RETURN(auto optimizer, BuildOptimizer(base, model));
    return std::unique_ptr<ColossalAIOptimWrapper>(
        new ColossalAIOptimWrapper(base, std::move(optimizer), message_hub));
  }

 private:
  using OptimWrapper::OptimWrapper;
};

ANNEAL_REGISTER(BaseOptimWrapper, ColossalAIOptimWrapper);

}  // namespace
}  // namespace anneal
