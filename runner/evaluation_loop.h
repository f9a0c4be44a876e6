// What validation and test have in common.
#ifndef ANNEAL_RUNNER_EVALUATION_LOOP_H_
#define ANNEAL_RUNNER_EVALUATION_LOOP_H_

#include "absl/status/status.h"
#include "runner/loop.h"

namespace anneal {

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

}  // namespace anneal

#endif  // ANNEAL_RUNNER_EVALUATION_LOOP_H_
