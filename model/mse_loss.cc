// MSELoss: torch.nn.MSELoss.

#include <ATen/ops/mse_loss.h>

#include "model/loss_function.h"
#include "model/mse_loss.pb.h"

namespace anneal {
namespace {

// The mean square of outputs - targets, both [N, ...] of one shape and any
// dtype. Computed in float32, or in float64 where the outputs are.
class MSELoss : public LossFunction {
 public:
  using Config = MSELossConfig;
  static absl::StatusOr<std::unique_ptr<MSELoss>> Create(const Config&) {
    return std::make_unique<MSELoss>();
  }

  at::Tensor PerSample(const at::Tensor& outputs,
                       const at::Tensor& targets) const override {
    const at::Tensor loss = Reduced(outputs, targets, at::Reduction::None);
    return loss.dim() == 1 ? loss : loss.flatten(1).mean(1);
  }
  at::Tensor Mean(const at::Tensor& outputs,
                  const at::Tensor& targets) const override {
    return Reduced(outputs, targets, at::Reduction::Mean);
  }
  absl::string_view outputs_name() const override { return "predictions"; }

 private:
  static at::Tensor Reduced(const at::Tensor& outputs,
                            const at::Tensor& targets, int64_t reduction) {
    // Broadcasting would hide a missing dimension.
    TORCH_CHECK_VALUE(outputs.sizes() == targets.sizes(),
                      "MSELoss: outputs have shape ", outputs.sizes(),
                      ", targets ", targets.sizes(),
                      "; both must have one shape");
    const auto dtype = c10::promoteTypes(outputs.scalar_type(), at::kFloat);
    return at::mse_loss(outputs.to(dtype), targets.to(dtype), reduction);
  }
};

ANNEAL_REGISTER(LossFunction, MSELoss);

}  // namespace
}  // namespace anneal
