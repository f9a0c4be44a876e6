// AmpOptimWrapper: mixed precision.

#include <torch/nn/module.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "optim/amp_optim_wrapper.pb.h"
#include "optim/base_optim_wrapper.h"
#include "optim/grad_scaler.h"
#include "optim/mixed_precision_optim_wrapper.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::StatusOr<at::ScalarType> ParseDtype(const AmpOptimWrapperConfig& config,
                                          at::DeviceType device) {
  if (!config.has_dtype()) {
    return device == at::kCPU ? at::kBFloat16 : at::kHalf;
  }
  if (config.dtype() == "bfloat16") return at::kBFloat16;
  if (config.dtype() == "float16") return at::kHalf;
  if (config.dtype() == "float32") return at::kFloat;
  return absl::InvalidArgumentError(
      absl::StrCat("AmpOptimWrapper.dtype is \"", config.dtype(),
                   "\"; it must be float16, bfloat16 or float32"));
}

// The forward pass under autocast, and the loss scaled where the dtype needs
// it.
//
//   optim_wrapper: {type: AmpOptimWrapper, dtype: bfloat16,
//                   optimizer: {type: AdamW, lr: 0.001}}
class AmpOptimWrapper : public MixedPrecisionOptimWrapper {
 public:
  using Config = AmpOptimWrapperConfig;

  static absl::StatusOr<std::unique_ptr<AmpOptimWrapper>> Create(
      const Config& config, const torch::nn::Module& model,
      MessageHub* message_hub) {
    const OptimWrapperConfig base = BaseOf(config);
    RETURN_IF_ERROR(ValidateConfig(base));
    ASSIGN_OR_RETURN(auto optimizer, BuildOptimizer(base, model));
    const at::DeviceType device =
        optimizer->param_groups()[0].params[0].device().type();
    ASSIGN_OR_RETURN(const at::ScalarType dtype, ParseDtype(config, device));
    std::unique_ptr<GradScaler> scaler;
    if (config.has_loss_scale() || dtype == at::kHalf) {
      ASSIGN_OR_RETURN(scaler,
                       MakeScaler(config.loss_scale(), GradScaler::Options(),
                                  "AmpOptimWrapper.loss_scale"));
    }
    return std::unique_ptr<AmpOptimWrapper>(new AmpOptimWrapper(
        base, std::move(optimizer), message_hub, dtype, std::move(scaler)));
  }

 private:
  AmpOptimWrapper(const OptimWrapperConfig& config,
                  std::unique_ptr<Optimizer> optimizer, MessageHub* message_hub,
                  at::ScalarType dtype, std::unique_ptr<GradScaler> scaler)
      : MixedPrecisionOptimWrapper(
            config, std::move(optimizer), message_hub,
            dtype == at::kFloat ? absl::nullopt : absl::make_optional(dtype),
            std::move(scaler)) {}
};

ANNEAL_REGISTER(BaseOptimWrapper, AmpOptimWrapper);

}  // namespace
}  // namespace anneal
