// CrossEntropyLoss: torch.nn.CrossEntropyLoss.

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/nonzero.h>
#include <c10/util/Exception.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "model/cross_entropy_loss.pb.h"
#include "model/loss_function.h"

namespace anneal {
namespace {

// Of logits [N, C, ...] and classes [N, ...] of any integer dtype, or
// probabilities of the logits' shape. The loss of a sample of several targets
// is the mean over those that count, 0 where none does. Targets that don't fit
// throw c10::ValueError, naming the label, its sample and the classes.
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
    try {
      return at::cross_entropy_loss(
          outputs, AreClasses(targets) ? targets.to(at::kLong) : targets,
          /*weight=*/{}, reduction, config_.ignore_index(),
          config_.label_smoothing());
    } catch (const c10::Error&) {
      // Looked at only now: labels that fit cost nothing.
      Explain(outputs, targets);
      throw;
    }
  }

  // Throws c10::Error that says what is wrong with the targets, if it is they.
  void Explain(const at::Tensor& outputs, const at::Tensor& targets) const {
    if (outputs.dim() < 2) return;
    std::vector<int64_t> shape = outputs.sizes().vec();
    const int64_t num_classes = shape[1];
    if (!AreClasses(targets)) {
      TORCH_CHECK_VALUE(
          targets.is_floating_point() && targets.sizes() == outputs.sizes(),
          "CrossEntropyLoss: the targets are ", targets.scalar_type(), " ",
          targets.sizes(), " for scores ", outputs.sizes(),
          "; labels are integers, and probabilities have the scores' shape");
      return;
    }
    shape.erase(shape.begin() + 1);
    TORCH_CHECK_VALUE(targets.sizes() == at::IntArrayRef(shape),
                      "CrossEntropyLoss: the labels are ", targets.sizes(),
                      " for scores ", outputs.sizes(), "; they must be ",
                      at::IntArrayRef(shape));
    const at::Tensor labels = targets.to(at::kLong);
    const at::Tensor is_wrong =
        at::lt(labels, 0)
            .logical_or(at::ge(labels, num_classes))
            .logical_and(at::ne(labels, config_.ignore_index()));
    const at::Tensor wrong = at::nonzero(is_wrong);
    if (wrong.size(0) == 0) return;
    TORCH_CHECK_VALUE(false, "CrossEntropyLoss: label ",
                      labels.masked_select(is_wrong)[0].item<int64_t>(),
                      " of sample ", wrong[0][0].item<int64_t>(),
                      " of the batch (", wrong.size(0), " of ", labels.numel(),
                      " labels) is none of the ", num_classes,
                      " classes; it must be from 0 to ", num_classes - 1,
                      ", or ", config_.ignore_index(), " to be ignored");
  }

  Config config_;
};

ANNEAL_REGISTER(LossFunction, CrossEntropyLoss);

}  // namespace
}  // namespace anneal
