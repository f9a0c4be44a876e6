#include "runner/loop.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logging/log.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

// Names of the batch's tensors that hold NaN or infinity.
std::vector<std::string> NonFiniteFields(const Batch& batch) {
  std::vector<std::string> names;
  for (const auto& [name, value] : batch.fields()) {
    const auto* tensor = value.get_if<at::Tensor>();
    if (tensor && tensor->is_floating_point() &&
        !at::isfinite(*tensor).all().item<bool>()) {
      names.push_back(KeyString(name));
    }
  }
  return names;
}

// Whether a loss that is minimised, so also their sum, is NaN or infinite.
bool HasNonFiniteLoss(const LogVars& outputs) {
  for (const auto& [name, value] : outputs) {
    if (absl::StrContains(name, "loss") && value.is_cpu() &&
        !std::isfinite(value.item<double>())) {
      return true;
    }
  }
  return false;
}

absl::Status CheckFinite(const TrainClock& clock, int64_t batch_idx,
                         const Batch& batch, const LogVars& outputs) {
  if (!HasNonFiniteLoss(outputs)) return absl::OkStatus();
  const std::vector<std::string> fields = NonFiniteFields(batch);
  return absl::AbortedError(absl::StrCat(
      "the loss is not finite at iteration ", clock.iter + 1, " (epoch ",
      clock.epoch + 1, ", batch ", batch_idx + 1, "): ",
      absl::StrJoin(outputs, ", ",
                    [](std::string* out, const auto& item) {
                      absl::StrAppend(out, item.first, " = ",
                                      item.second.template item<double>());
                    }),
      fields.empty()
          ? "; the batch itself is finite, so the weights have diverged: lower "
            "the learning rate, warm it up or set optim_wrapper.clip_grad"
          : absl::StrCat("; NaN or infinity stands in the batch's ",
                         absl::StrJoin(fields, ", "), ": check the data"),
      ". Checkpoints saved before this iteration are sound."));
}

}  // namespace

TrainLoop::TrainLoop(const LoopContext& context)
    : context_(context),
      global_batch_size_(context.loader->batch_size() *
                         context.communicator->world_size()) {
  clock_.batch_size = global_batch_size_;
}

TrainClock TrainLoop::ClockAt(int64_t epoch, int64_t iter) const {
  TrainClock clock = clock_;
  const bool starts_epoch = is_by_epoch() && epoch != clock_.epoch;
  clock.samples =
      starts_epoch ? 0
                   : clock_.samples + (iter - clock_.iter) * global_batch_size_;
  clock.epoch = epoch;
  clock.iter = iter;
  return clock;
}

void TrainLoop::ResumeFrom(const TrainClock& saved) {
  if (saved.batch_size != 0 && saved.batch_size != global_batch_size_) {
    ANNEAL_LOG(WARNING)
        << "an iteration took " << saved.batch_size
        << " samples when the checkpoint was saved and takes "
        << global_batch_size_
        << " now: the run goes on with the sample that comes next, iterations "
           "are counted on from "
        << saved.iter
        << ", and so are schedules by iteration; the learning rate is not "
           "scaled. For the same course keep batch_size times ranks";
  }
  clock_ = saved;
  clock_.batch_size = global_batch_size_;
  // A finished one goes on where max_iters is more now.
  if (!is_by_epoch()) clock_.epoch = 0;
  if (saved.samples >= 0) return;
  const int64_t batches = is_by_epoch() ? 0 : clock_.iter;
  const int64_t length = context_.loader->num_batches().value_or(batches + 1);
  clock_.pass = batches / length;
  clock_.samples = batches % length * global_batch_size_;
}

absl::Status TrainLoop::RunIter(int64_t batch_idx, const Batch& batch) {
  HookList& hooks = *context_.hooks;
  RETURN_IF_ERROR(hooks.Call(Stage::kBeforeTrainIter, &Hook::BeforeTrainIter,
                             batch_idx, batch));
  LogVars outputs;
  const absl::Status trained =
      CatchTorchError([&] { outputs = context_.strategy->TrainStep(batch); });
  if (!trained.ok()) {
    return Annotate(trained, absl::StrCat("iteration ", clock_.iter + 1,
                                          " (epoch ", clock_.epoch + 1,
                                          ", batch ", batch_idx + 1, ")"));
  }
  RETURN_IF_ERROR(CatchTorchError(
      [&] { return CheckFinite(clock_, batch_idx, batch, outputs); }));
  RETURN_IF_ERROR(hooks.Call(Stage::kAfterTrainIter, &Hook::AfterTrainIter,
                             batch_idx, batch, outputs));
  ++clock_.iter;
  clock_.samples += global_batch_size_;
  return absl::OkStatus();
}

void TrainLoop::RequestStop(absl::string_view why) {
  if (!stop_wish_) stop_wish_ = dist::StopWish{std::string(why), false};
}

bool TrainLoop::ShouldStop() {
  if (stop_requested()) return true;
  if (!stop_wish_ && context_.external_stop != nullptr) {
    if (const char* signal = context_.external_stop()) {
      stop_wish_ = dist::StopWish{signal, true};
    }
  }
  const auto stop = context_.communicator->StopAt(
      ++stop_point_, stop_wish_ ? &*stop_wish_ : nullptr);
  if (!stop) return false;
  stop_reason_ = stop->why;
  is_interrupted_ = stop->is_signal;
  return true;
}

absl::Status TrainLoop::RunVal() {
  // Set first: the checkpoint that a new best writes is already validated.
  clock_.last_val_iter = clock_.iter;
  RETURN_IF_ERROR(context_.val_loop->Run());
  context_.strategy->model().train();
  return absl::OkStatus();
}

}  // namespace anneal
