// CrossEntropyLoss: torch.nn.CrossEntropyLoss.

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ne.h>

#include "absl/strings/str_cat.h"
#include "model/cross_entropy_loss.pb.h"
#include "model/loss_function.h"

namespace anneal {
namespace {

// Of logits [N, C, ...] and classes [N, ...] of any integer dtype, or
// probabilities of the logits' shape. The loss of a sample of several targets
// is the mean over those that count, 0 where none does.
class CrossEntropyLoss : public LossFunction {
 public:
  using Config = CrossEntropyLossConfig;

  static absl::StatusOr<std::unique_ptr<CrossEntropyLoss>> Create(
      const Config& config) {
    if (!(config.label_smoothing() >= 0 && config.label_smoothing() < 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("CrossEntropyLoss.label_smoothing is ",
                       config.label_smoothing(), "; it must be in [0, 1)"));
    }
    return std::make_unique<CrossEntropyLoss>(config);
  }
  explicit CrossEntropyLoss(const Config& config) : config_(config) {}

  at::Tensor PerSample(const at::Tensor& outputs,
                       const at::Tensor& targets) const override {
    const at::Tensor loss = Reduced(outputs, targets, at::Reduction::None);
    if (loss.dim() == 1) return loss;
    if (!AreClasses(targets)) return loss.flatten(1).mean(1);
    return loss.flatten(1).sum(1).div(Weights(targets).clamp_min(1));
  }
  at::Tensor Weights(const at::Tensor& targets) const override {
    if (!AreClasses(targets)) return {};
    const at::Tensor counts = at::ne(targets, config_.ignore_index());
    return (counts.dim() == 1 ? counts : counts.flatten(1).sum(1))
        .to(at::kFloat);
  }
  at::Tensor Mean(const at::Tensor& outputs,
                  const at::Tensor& targets) const override {
    return Reduced(outputs, targets, at::Reduction::Mean);
  }

  absl::string_view outputs_name() const override { return "scores"; }

 private:
  // Rather than probabilities.
  static bool AreClasses(const at::Tensor& targets) {
    return at::isIntegralType(targets.scalar_type(), /*includeBool=*/false);
  }

  at::Tensor Reduced(const at::Tensor& outputs, const at::Tensor& targets,
                     int64_t reduction) const {
    return at::cross_entropy_loss(
        outputs, AreClasses(targets) ? targets.to(at::kLong) : targets,
        /*weight=*/{}, reduction, config_.ignore_index(),
        config_.label_smoothing());
  }

  Config config_;
};

ANNEAL_REGISTER(LossFunction, CrossEntropyLoss);

}  // namespace
}  // namespace anneal
