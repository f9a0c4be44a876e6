#include "runner/evaluation_loop.h"

#include <ATen/core/grad_mode.h>

#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {

absl::Status EvaluationLoop::Run() {
  HookList& hooks = *context_.hooks;
  RETURN_IF_ERROR(hooks.Call(mode_.before, mode_.call_before));
  RETURN_IF_ERROR(hooks.Call(mode_.before_epoch, mode_.call_before_epoch));
  context_.strategy->model().eval();
  context_.loader->Seek(0);
  for (int64_t batch_idx = 0;; ++batch_idx) {
    ASSIGN_OR_RETURN(const absl::optional<Batch> batch,
                     context_.loader->Next());
    if (!batch) break;
    RETURN_IF_ERROR(RunIter(batch_idx, *batch));
  }
  ASSIGN_OR_RETURN(
      const MetricValues metrics,
      context_.evaluator->Evaluate(context_.loader->dataset().size()));
  RETURN_IF_ERROR(
      hooks.Call(mode_.after_epoch, mode_.call_after_epoch, metrics));
  return hooks.Call(mode_.after, mode_.call_after);
}

absl::Status EvaluationLoop::RunIter(int64_t batch_idx, const Batch& batch) {
  HookList& hooks = *context_.hooks;
  RETURN_IF_ERROR(
      hooks.Call(mode_.before_iter, mode_.call_before_iter, batch_idx, batch));
  Batch predictions;
  RETURN_IF_ERROR(CatchTorchError([&] {
    at::NoGradGuard no_grad;
    predictions = (context_.strategy->*mode_.step)(batch);
    return context_.evaluator->Process(batch, predictions);
  }));
  return hooks.Call(mode_.after_iter, mode_.call_after_iter, batch_idx, batch,
                    predictions);
}

}  // namespace anneal
