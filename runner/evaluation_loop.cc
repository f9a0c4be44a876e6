// ValLoop, a validation inside or outside a training, and TestLoop, the
// evaluation of a trained model: the same but for their hook points.

#include <ATen/core/grad_mode.h>

#include "runner/evaluation_loop.pb.h"
#include "runner/loop.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

// The hook points and the step of one of the two modes.
struct EvaluationMode {
  Stage before;
  absl::Status (Hook::*call_before)(Run&);
  Stage before_epoch;
  absl::Status (Hook::*call_before_epoch)(Run&);
  Stage before_iter;
  absl::Status (Hook::*call_before_iter)(Run&, int64_t, const Batch&);
  Stage after_iter;
  absl::Status (Hook::*call_after_iter)(Run&, int64_t, const Batch&,
                                        const Batch&);
  Stage after_epoch;
  absl::Status (Hook::*call_after_epoch)(Run&, const MetricValues&);
  Stage after;
  absl::Status (Hook::*call_after)(Run&);
  Batch (Strategy::*step)(const Batch&);
};

constexpr EvaluationMode kVal = {
    Stage::kBeforeVal,     &Hook::BeforeVal,      Stage::kBeforeValEpoch,
    &Hook::BeforeValEpoch, Stage::kBeforeValIter, &Hook::BeforeValIter,
    Stage::kAfterValIter,  &Hook::AfterValIter,   Stage::kAfterValEpoch,
    &Hook::AfterValEpoch,  Stage::kAfterVal,      &Hook::AfterVal,
    &Strategy::ValStep,
};

constexpr EvaluationMode kTest = {
    Stage::kBeforeTest,     &Hook::BeforeTest,      Stage::kBeforeTestEpoch,
    &Hook::BeforeTestEpoch, Stage::kBeforeTestIter, &Hook::BeforeTestIter,
    Stage::kAfterTestIter,  &Hook::AfterTestIter,   Stage::kAfterTestEpoch,
    &Hook::AfterTestEpoch,  Stage::kAfterTest,      &Hook::AfterTest,
    &Strategy::TestStep,
};

// Predicts every batch of the loader in eval mode without gradients, hands the
// predictions to the evaluator and its metrics to the hooks.
class EvaluationLoop : public Loop {
 public:
  EvaluationLoop(const LoopContext& context, const EvaluationMode& mode)
      : context_(context), mode_(mode) {}

  absl::Status Run() override;

 private:
  absl::Status RunIter(int64_t batch_idx, const Batch& batch);

  LoopContext context_;
  EvaluationMode mode_;
};

absl::Status EvaluationLoop::Run() {
  HookList& hooks = *context_.hooks;
  context_.evaluator->Reset();
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

class ValLoop : public EvaluationLoop {
 public:
  using Config = ValLoopConfig;
  static absl::StatusOr<std::unique_ptr<ValLoop>> Create(
      const Config&, const LoopContext& context) {
    return std::make_unique<ValLoop>(context);
  }
  explicit ValLoop(const LoopContext& context)
      : EvaluationLoop(context, kVal) {}
};

class TestLoop : public EvaluationLoop {
 public:
  using Config = TestLoopConfig;
  static absl::StatusOr<std::unique_ptr<TestLoop>> Create(
      const Config&, const LoopContext& context) {
    return std::make_unique<TestLoop>(context);
  }
  explicit TestLoop(const LoopContext& context)
      : EvaluationLoop(context, kTest) {}
};

ANNEAL_REGISTER(Loop, ValLoop);
ANNEAL_REGISTER(Loop, TestLoop);

}  // namespace
}  // namespace anneal
