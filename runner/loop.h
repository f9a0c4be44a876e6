// The interface of the loops of a run.
#ifndef ANNEAL_RUNNER_LOOP_H_
#define ANNEAL_RUNNER_LOOP_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "dataset/data_loader.h"
#include "dist/communicator.h"
#include "dist/stop_wish.h"
#include "evaluator/evaluator.h"
#include "hooks/hook_list.h"
#include "registry/registry.h"
#include "strategy/strategy.h"
#include "utils/value.h"

namespace anneal {

class Loop;

// What a loop works with; all of it outlives the loop.
struct LoopContext {
  HookList* hooks = nullptr;
  Strategy* strategy = nullptr;
  dist::Communicator* communicator = nullptr;
  DataLoader* loader = nullptr;
  // Of validation and test loops.
  Evaluator* evaluator = nullptr;
  // Of train loops: run when validation is due; null without validation.
  Loop* val_loop = nullptr;
  // Of train loops: polled once an iteration; a reason on one rank ends the run
  // on all, after the same iteration.
  const char* (*external_stop)() = nullptr;
};

// Runs over a loader and calls the hooks around it.
class Loop {
 public:
  virtual ~Loop() = default;
  virtual absl::Status Run() = 0;
};

// Where a train loop stands: the one clock of a run.
struct TrainClock {
  // Epochs and iterations (batches) finished. A training counted in iterations
  // is one epoch.
  int64_t epoch = 0;
  int64_t iter = 0;
  // Of a training counted in iterations: passes over its loader finished.
  int64_t pass = 0;
  // Samples of the current epoch or pass that all ranks have taken together,
  // the last batch counted as a whole one; -1: not known.
  int64_t samples = 0;
  // Samples that all ranks take in an iteration; 0: not known.
  int64_t batch_size = 0;
  // The clock's iteration when validation last ran; -1: never.
  int64_t last_val_iter = -1;
};

// A loop that trains. Run() goes on from the clock, also inside an epoch, and
// first makes up for a validation that was due when the clock was saved.
class TrainLoop : public Loop {
 public:
  virtual int64_t max_epochs() const = 0;
  virtual int64_t max_iters() const = 0;
  // What the run is counted in.
  virtual bool is_by_epoch() const = 0;

  const TrainClock& clock() const { return clock_; }
  // The clock once `epoch` and `iter` are finished: a save within an iteration,
  // or at the end of an epoch, is ahead of the clock.
  TrainClock ClockAt(int64_t epoch, int64_t iter) const;
  // Goes on where a saved run stood, with the sample after its last one, also
  // where batches have another size now (another batch_size or number of
  // ranks), which is logged as a warning. Where the samples are not known: at
  // the start of the epoch, or behind as many batches as there were iterations.
  void ResumeFrom(const TrainClock& saved);

  // Samples of a batch, over all ranks.
  int64_t global_batch_size() const { return global_batch_size_; }

  void set_data_epoch(int64_t epoch) { data_epoch_ = epoch; }

  // Ends Run() after the current iteration, before the end of the epoch; hooks
  // of the epoch's end are not called then, those of the training's end are.
  // The first reason counts. Where other ranks don't ask for it too it may be a
  // few iterations later.
  void RequestStop(absl::string_view why);
  bool stop_requested() const { return !stop_reason_.empty(); }
  const std::string& stop_reason() const { return stop_reason_; }
  // Whether the stop came from outside (a signal), not from a hook.
  bool is_interrupted() const { return is_interrupted_; }

 protected:
  explicit TrainLoop(const LoopContext& context);

  // One iteration on `batch`, the loader's `batch_idx`-th, after which the
  // clock has moved. A loss that is NaN
  // or infinite ends the run: Aborted, naming the iteration, the losses and
  // whether the batch itself is finite. (Where steps run on an accelerator the
  // loss is not looked at here: that would wait for the device.)
  absl::Status RunIter(int64_t batch_idx, const Batch& batch);
  // Whether Run() is to end here: by a hook or from outside, on this rank or
  // another. All ranks ask at the same places; once true it stays so.
  bool ShouldStop();
  // Validates, and puts the model back into training mode.
  absl::Status RunVal();

  LoopContext context_;
  TrainClock clock_;
  int64_t data_epoch_ = 0;

 private:
  int64_t global_batch_size_;
  // Times that ShouldStop has asked.
  int64_t stop_point_ = 0;
  // Of this rank.
  absl::optional<dist::StopWish> stop_wish_;
  std::string stop_reason_;
  bool is_interrupted_ = false;
};

ANNEAL_REGISTRY(Loop, "loop", const LoopContext&);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_LOOP_H_
