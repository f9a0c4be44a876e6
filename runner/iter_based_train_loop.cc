// IterBasedTrainLoop: trains for a number of iterations.

#include <utility>

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "runner/iter_based_train_loop.pb.h"
#include "runner/loop.h"
#include "runner/val_interval.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// The whole training is one epoch; a loader that ends is started again, in the
// order of its next epoch.
//
//   train_cfg: {by_epoch: false, max_iters: 2000, val_interval: 500}
class IterBasedTrainLoop : public TrainLoop {
 public:
  using Config = IterBasedTrainLoopConfig;

  static absl::StatusOr<std::unique_ptr<IterBasedTrainLoop>> Create(
      const Config& config, const LoopContext& context) {
    if (config.max_iters() < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("train_cfg.max_iters is ", config.max_iters(),
                       "; it must not be negative"));
    }
    if (context.loader->num_batches() == 0) {
      return absl::InvalidArgumentError(
          "train_dataloader gives no batch: its dataset is empty, or smaller "
          "than batch_size with drop_last");
    }
    ASSIGN_OR_RETURN(
        ValInterval val_interval,
        ValInterval::Create(config.val_begin(), config.val_interval(),
                            config.dynamic_intervals()));
    if (context.val_loop && !val_interval.IsEverDue(config.max_iters())) {
      ANNEAL_LOG(WARNING)
          << "this training has no validation: train_cfg.val_begin "
          << config.val_begin() << " and val_interval " << config.val_interval()
          << " ask for one after max_iters " << config.max_iters()
          << "; lower them, or leave out val_dataloader and val_evaluator";
    }
    return std::make_unique<IterBasedTrainLoop>(
        config.max_iters(), std::move(val_interval), context);
  }

  IterBasedTrainLoop(int64_t max_iters, ValInterval val_interval,
                     const LoopContext& context)
      : TrainLoop(context),
        max_iters_(max_iters),
        val_interval_(std::move(val_interval)) {}

  int64_t max_epochs() const override { return 1; }
  int64_t max_iters() const override { return max_iters_; }

  bool is_by_epoch() const override { return false; }

  absl::Status Run() override {
    HookList& hooks = *context_.hooks;
    RETURN_IF_ERROR(hooks.Call(Stage::kBeforeTrain, &Hook::BeforeTrain));
    RETURN_IF_ERROR(
        hooks.Call(Stage::kBeforeTrainEpoch, &Hook::BeforeTrainEpoch));
    context_.loader->SeekToSample(clock_.pass, clock_.samples);
    RETURN_IF_ERROR(RunValIfDue());
    context_.strategy->model().train();
    while (!ShouldStop() && clock_.iter < max_iters_) {
      ASSIGN_OR_RETURN(const Batch batch, NextBatch());
      RETURN_IF_ERROR(RunIter(clock_.iter, batch));
      if (!ShouldStop() || clock_.iter == max_iters_) {
        RETURN_IF_ERROR(RunValIfDue());
      }
    }
    if (clock_.iter == max_iters_) {
      RETURN_IF_ERROR(
          hooks.Call(Stage::kAfterTrainEpoch, &Hook::AfterTrainEpoch));
    }
    return hooks.Call(Stage::kAfterTrain, &Hook::AfterTrain);
  }

 private:
  absl::StatusOr<Batch> NextBatch() {
    ASSIGN_OR_RETURN(absl::optional<Batch> batch, context_.loader->Next());
    if (!batch) {
      context_.loader->Seek(++clock_.pass);
      clock_.samples = 0;
      ASSIGN_OR_RETURN(batch, context_.loader->Next());
    }
    return *std::move(batch);
  }

  absl::Status RunValIfDue() {
    if (context_.val_loop == nullptr || !val_interval_.IsDue(clock_.iter) ||
        clock_.last_val_iter == clock_.iter) {
      return absl::OkStatus();
    }
    return RunVal();
  }

  int64_t max_iters_;
  ValInterval val_interval_;
};

ANNEAL_REGISTER(Loop, IterBasedTrainLoop);

}  // namespace
}  // namespace anneal
