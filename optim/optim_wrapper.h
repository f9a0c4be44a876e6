// The step of training: accumulation, clipping and precision around an
// optimizer.
#ifndef ANNEAL_OPTIM_OPTIM_WRAPPER_H_
#define ANNEAL_OPTIM_OPTIM_WRAPPER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "logging/message_hub.h"
#include "optim/base_optim_wrapper.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/optimizer.h"
#include "optim/rank_reduction.h"
#include "utils/value.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// Steps an optimizer once every `accumulative_counts` iterations, with the
// loss divided so that the gradient is the mean over the window; the last
// window of a run, if shorter, by its own length. Clips gradients before the
// step and records their norm as "train/grad_norm". State saved inside a window
// holds the gradients so far, so a run may stop and go on there.
//
//   optim_wrapper:
//     optimizer: {type: SGD, lr: 0.02, momentum: 0.9}
//     accumulative_counts: 4
//     clip_grad: {max_norm: 1.0}
class OptimWrapper : public BaseOptimWrapper {
 public:
  using Config = OptimWrapperConfig;

  // Builds the optimizer of `config` over all parameters of `model` in Python's
  // order, as mmengine does: frozen ones count but never change; in groups of
  // its paramwise_cfg where there is one (constructors/). InvalidArgument if
  // all are frozen. `message_hub` may be null: nothing is recorded.
  static absl::StatusOr<std::unique_ptr<OptimWrapper>> Create(
      const Config& config, const torch::nn::Module& model,
      MessageHub* message_hub);

  std::unique_ptr<Context> OptimContext() override { return nullptr; }
  void UpdateParams(const at::Tensor& loss) override;
  void InitializeCountStatus(int64_t init_counts, int64_t max_counts,
                             bool has_batch_norm) override;
  // Whether the backward just done completes a window, or is the run's last.
  bool ShouldUpdate() const override;
  // Whether the next backward has to reduce gradients over ranks.
  bool ShouldSync() const;

  const NamedOptimizers& optimizers() const override { return optimizers_; }
  Optimizer& optimizer() { return *optimizer_; }
  const Optimizer& optimizer() const { return *optimizer_; }

  void set_log_name(absl::string_view name) override;
  void set_backward(BackwardFunction backward) override;
  void set_rank_reduction(RankReduction reduction) override;

  // Iterations seen.
  int64_t inner_count() const { return inner_count_; }

  // The optimizer's state; subclasses add theirs beside it, as mmengine does.
  // With accumulation, "accumulation" holds the window, the count and the
  // gradients so far, by the parameter's index, with the scale that they carry.
  Value state_dict() const override;
  // Also takes an optimizer's own state, from Python too: the gradients are
  // then undefined. Gradients of another scale are brought to this one's.
  // Fails as Optimizer::LoadStateDict, with nothing changed.
  absl::Status LoadStateDict(const Value& state_dict) override;

 protected:
  OptimWrapper(const Config& config, std::unique_ptr<Optimizer> optimizer,
               MessageHub* message_hub);

  static absl::Status ValidateConfig(const Config& config);
  static absl::StatusOr<std::unique_ptr<Optimizer>> BuildOptimizer(
      const Config& config, const torch::nn::Module& model);

  // The loss as backward takes it: divided by the window's length.
  at::Tensor ScaleLoss(const at::Tensor& loss) const;
  virtual void Backward(const at::Tensor& loss);
  // What Backward multiplies the loss by.
  virtual double loss_scale() const { return 1; }
  // Clips and steps.
  virtual void Step();
  // Clips, or gives the factor by which the step is to take the gradients:
  // where the norm is on the host, that saves a pass over them.
  double ClipGradients();
  // The factor by which a step is to take gradients that carry a scale, whose
  // inverse is `factor`: to unscale and to clip them in one. None where that
  // can't be, or where they are not finite.
  absl::optional<double> FoldedFactor(double factor);

 private:
  // Every parameter, by its index in the state.
  std::vector<at::Tensor> params() const;
  std::vector<at::Tensor> gradients() const;
  // The factor that clips gradients of that norm, which it records.
  at::Tensor ClipFactor(const at::Tensor& norm);
  // The norm of type `p` of all ranks' gradients, of which `gradients` are
  // this one's.
  at::Tensor NormOf(const std::vector<at::Tensor>& gradients, double p) const;

  Config config_;
  std::unique_ptr<Optimizer> optimizer_;
  NamedOptimizers optimizers_;
  BackwardFunction backward_;
  RankReduction rank_reduction_;
  MessageHub* message_hub_;
  std::string grad_norm_name_ = "train/grad_norm";
  HistoryBuffer* grad_norm_ = nullptr;
  int64_t inner_count_ = 0;
  int64_t max_counts_ = -1;
  int64_t remainder_counts_ = 0;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_OPTIM_WRAPPER_H_
