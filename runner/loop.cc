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

TrainLoop::TrainLoop(const LoopContext& context) : context_(context) {
  clock_.batch_size =
      context.loader->batch_size() * context.communicator->world_size();
}

void TrainLoop::ResumeFrom(const TrainClock& saved) {
  const int64_t batch_size = clock_.batch_size;
  clock_ = saved;
  clock_.batch_size = batch_size;
  if (saved.batch_size == 0) {
    clock_.batch_idx = is_by_epoch() ? 0 : clock_.iter;
  } else if (saved.batch_size != batch_size) {
    const int64_t samples = saved.batch_idx * saved.batch_size;
    clock_.batch_idx = samples / batch_size;
    ANNEAL_LOG(WARNING) << "the checkpoint was written with batches of "
                        << saved.batch_size << " samples over all ranks, now "
                        << "they have " << batch_size
                        << ": the data goes on at sample "
                        << clock_.batch_idx * batch_size << " of the epoch, "
                        << samples << " were seen";
  }
}

absl::Status TrainLoop::RunIter(int64_t batch_idx, const Batch& batch) {
  HookList& hooks = *context_.hooks;
  RETURN_IF_ERROR(hooks.Call(Stage::kBeforeTrainIter, &Hook::BeforeTrainIter,
                             batch_idx, batch));
  LogVars outputs;
  RETURN_IF_ERROR(CatchTorchError([&] {
    outputs = context_.strategy->TrainStep(batch);
    return CheckFinite(clock_, batch_idx, batch, outputs);
  }));
  RETURN_IF_ERROR(hooks.Call(Stage::kAfterTrainIter, &Hook::AfterTrainIter,
                             batch_idx, batch, outputs));
  ++clock_.iter;
  ++clock_.batch_idx;
  PollExternalStop();
  return absl::OkStatus();
}

void TrainLoop::RequestStop(absl::string_view why) {
  if (stop_requested()) return;
  stop_reason_ = std::string(why);
}

absl::Status TrainLoop::RunVal() {
  // Set first: the checkpoint that a new best writes is already validated.
  clock_.last_val_iter = clock_.iter;
  RETURN_IF_ERROR(context_.val_loop->Run());
  context_.strategy->model().train();
  return absl::OkStatus();
}

void TrainLoop::PollExternalStop() {
  if (context_.external_stop == nullptr || stop_requested()) return;
  if (!context_.strategy->optim_wrapper()->ShouldUpdate()) return;
  if (const char* reason = context_.external_stop()) {
    RequestStop(reason);
    is_interrupted_ = true;
  }
}

}  // namespace anneal
