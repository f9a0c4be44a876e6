// EpochBasedTrainLoop: trains for a number of passes over the loader.

#include <utility>

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "runner/epoch_based_train_loop.pb.h"
#include "runner/loop.h"
#include "runner/val_interval.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

//   train_cfg: {by_epoch: true, max_epochs: 10, val_interval: 1}
class EpochBasedTrainLoop : public TrainLoop {
 public:
  using Config = EpochBasedTrainLoopConfig;

  static absl::StatusOr<std::unique_ptr<EpochBasedTrainLoop>> Create(
      const Config& config, const LoopContext& context) {
    if (config.max_epochs() < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("train_cfg.max_epochs is ", config.max_epochs(),
                       "; it must not be negative"));
    }
    const absl::optional<int64_t> epoch_length = context.loader->num_batches();
    if (!epoch_length || *epoch_length == 0) {
      return absl::InvalidArgumentError(
          epoch_length
              ? "train_dataloader gives no batch: its dataset is empty, or "
                "smaller than batch_size with drop_last"
              : "EpochBasedTrainLoop needs a loader that ends; use "
                "sampler: {type: DefaultSampler}, or train_cfg: {by_epoch: "
                "false, max_iters: N}");
    }
    ASSIGN_OR_RETURN(
        ValInterval val_interval,
        ValInterval::Create(config.val_begin(), config.val_interval(),
                            config.dynamic_intervals()));
    if (context.val_loop && !val_interval.IsEverDue(config.max_epochs())) {
      ANNEAL_LOG(WARNING)
          << "this training has no validation: train_cfg.val_begin "
          << config.val_begin() << " and val_interval " << config.val_interval()
          << " ask for one after max_epochs " << config.max_epochs()
          << "; lower them, or leave out val_dataloader and val_evaluator";
    }
    return std::make_unique<EpochBasedTrainLoop>(
        config.max_epochs(), *epoch_length, std::move(val_interval), context);
  }

  EpochBasedTrainLoop(int64_t max_epochs, int64_t epoch_length,
                      ValInterval val_interval, const LoopContext& context)
      : TrainLoop(context),
        max_epochs_(max_epochs),
        epoch_length_(epoch_length),
        val_interval_(std::move(val_interval)) {}

  int64_t max_epochs() const override { return max_epochs_; }
  // Those done, also by batches of another size, and those left.
  int64_t max_iters() const override {
    const int64_t epochs_left = max_epochs_ - clock_.epoch;
    return clock_.iter + epochs_left * epoch_length_ - batch_idx();
  }

  bool is_by_epoch() const override { return true; }

  absl::Status Run() override {
    HookList& hooks = *context_.hooks;
    RETURN_IF_ERROR(hooks.Call(Stage::kBeforeTrain, &Hook::BeforeTrain));
    RETURN_IF_ERROR(RunValIfDue());
    while (!ShouldStop() && clock_.epoch < max_epochs_) {
      RETURN_IF_ERROR(RunEpoch());
      if (!ShouldStop()) RETURN_IF_ERROR(RunValIfDue());
    }
    return hooks.Call(Stage::kAfterTrain, &Hook::AfterTrain);
  }

 private:
  // Batches of the epoch finished.
  int64_t batch_idx() const { return clock_.samples / global_batch_size(); }

  absl::Status RunEpoch() {
    HookList& hooks = *context_.hooks;
    RETURN_IF_ERROR(
        hooks.Call(Stage::kBeforeTrainEpoch, &Hook::BeforeTrainEpoch));
    context_.strategy->model().train();
    // Not 0 when the run was resumed inside the epoch.
    context_.loader->SeekToSample(data_epoch_, clock_.samples);
    while (batch_idx() < epoch_length_) {
      ASSIGN_OR_RETURN(absl::optional<Batch> batch, context_.loader->Next());
      // An epoch begun with batches of another size may have one less.
      if (!batch) break;
      RETURN_IF_ERROR(RunIter(batch_idx(), *batch));
      if (ShouldStop() && batch_idx() < epoch_length_) {
        return absl::OkStatus();
      }
    }
    RETURN_IF_ERROR(
        hooks.Call(Stage::kAfterTrainEpoch, &Hook::AfterTrainEpoch));
    ++clock_.epoch;
    clock_.samples = 0;
    return absl::OkStatus();
  }

  absl::Status RunValIfDue() {
    if (context_.val_loop == nullptr || !val_interval_.IsDue(clock_.epoch) ||
        clock_.last_val_iter == clock_.iter || clock_.samples != 0) {
      return absl::OkStatus();
    }
    return RunVal();
  }

  int64_t max_epochs_;
  int64_t epoch_length_;
  ValInterval val_interval_;
};

ANNEAL_REGISTER(Loop, EpochBasedTrainLoop);

}  // namespace
}  // namespace anneal
