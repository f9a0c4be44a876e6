// The interface of every hook.
#ifndef ANNEAL_HOOKS_HOOK_H_
#define ANNEAL_HOOKS_HOOK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "evaluator/metric.h"
#include "hooks/priority.h"
#include "hooks/run.h"
#include "hooks/stage.h"
#include "registry/registry.h"
#include "structures/batch.h"
#include "structures/log_vars.h"
#include "utils/value.h"

namespace anneal {

// What happens around the steps of a run: override the points that matter.
// mmengine's 22 points, in the order they are reached. A Status that is not OK
// ends the run with it. Every rank calls every point.
//
//   class PrintLossHook : public Hook {
//    public:
//     absl::Status AfterTrainIter(Run& run, int64_t batch_idx, const Batch&,
//                                 const LogVars& outputs) override;
//   };
class Hook {
 public:
  virtual ~Hook() = default;

  // When it runs among the hooks of a point, unless its config has a field
  // `google.protobuf.Value priority` that says otherwise; equal priorities run
  // in the order they were added.
  virtual int priority() const { return kNormal; }

  virtual absl::Status BeforeRun(Run& run) { return absl::OkStatus(); }
  // May change what is loaded: it has been read, nothing has taken it yet.
  virtual absl::Status AfterLoadCheckpoint(Run& run, Dict* checkpoint) {
    return absl::OkStatus();
  }
  virtual absl::Status BeforeTrain(Run& run) { return absl::OkStatus(); }
  virtual absl::Status BeforeTrainEpoch(Run& run) {
    return BeforeEpoch(run, Mode::kTrain);
  }
  virtual absl::Status BeforeTrainIter(Run& run, int64_t batch_idx,
                                       const Batch& batch) {
    return BeforeIter(run, Mode::kTrain, batch_idx);
  }
  // `outputs`: what the train step logs, "loss" first.
  virtual absl::Status AfterTrainIter(Run& run, int64_t batch_idx,
                                      const Batch& batch,
                                      const LogVars& outputs) {
    return AfterIter(run, Mode::kTrain, batch_idx);
  }
  virtual absl::Status AfterTrainEpoch(Run& run) {
    return AfterEpoch(run, Mode::kTrain);
  }
  virtual absl::Status BeforeVal(Run& run) { return absl::OkStatus(); }
  virtual absl::Status BeforeValEpoch(Run& run) {
    return BeforeEpoch(run, Mode::kVal);
  }
  virtual absl::Status BeforeValIter(Run& run, int64_t batch_idx,
                                     const Batch& batch) {
    return BeforeIter(run, Mode::kVal, batch_idx);
  }
  virtual absl::Status AfterValIter(Run& run, int64_t batch_idx,
                                    const Batch& batch,
                                    const Batch& predictions) {
    return AfterIter(run, Mode::kVal, batch_idx);
  }
  virtual absl::Status AfterValEpoch(Run& run, const MetricValues& metrics) {
    return AfterEpoch(run, Mode::kVal);
  }
  virtual absl::Status AfterVal(Run& run) { return absl::OkStatus(); }
  // May change what is saved.
  virtual absl::Status BeforeSaveCheckpoint(Run& run, Dict* checkpoint) {
    return absl::OkStatus();
  }
  virtual absl::Status AfterTrain(Run& run) { return absl::OkStatus(); }
  virtual absl::Status BeforeTest(Run& run) { return absl::OkStatus(); }
  virtual absl::Status BeforeTestEpoch(Run& run) {
    return BeforeEpoch(run, Mode::kTest);
  }
  virtual absl::Status BeforeTestIter(Run& run, int64_t batch_idx,
                                      const Batch& batch) {
    return BeforeIter(run, Mode::kTest, batch_idx);
  }
  virtual absl::Status AfterTestIter(Run& run, int64_t batch_idx,
                                     const Batch& batch,
                                     const Batch& predictions) {
    return AfterIter(run, Mode::kTest, batch_idx);
  }
  virtual absl::Status AfterTestEpoch(Run& run, const MetricValues& metrics) {
    return AfterEpoch(run, Mode::kTest);
  }
  virtual absl::Status AfterTest(Run& run) { return absl::OkStatus(); }
  virtual absl::Status AfterRun(Run& run) { return absl::OkStatus(); }

  // State that a resumed run needs, kept in checkpoints under the class name;
  // None where there is none. What stands in the message hub is saved already.
  virtual Value state_dict() const { return Value(); }
  virtual absl::Status LoadStateDict(const Value& state_dict) {
    return absl::OkStatus();
  }

  // The points that the three modes share, for hooks that do the same in each.
  virtual absl::Status BeforeEpoch(Run& run, Mode mode) {
    return absl::OkStatus();
  }
  virtual absl::Status AfterEpoch(Run& run, Mode mode) {
    return absl::OkStatus();
  }
  virtual absl::Status BeforeIter(Run& run, Mode mode, int64_t batch_idx) {
    return absl::OkStatus();
  }
  virtual absl::Status AfterIter(Run& run, Mode mode, int64_t batch_idx) {
    return absl::OkStatus();
  }

  // Which points are called. The registry and HookList set what the class
  // overrides; else every point is.
  const StageSet& stages() const { return stages_; }
  void set_stages(const StageSet& stages) { stages_ = stages; }

 protected:
  // Whether `count` (from 1) is a multiple of `n` counted from `start`, as
  // mmengine's every_n_epochs and every_n_train_iters; never for n <= 0.
  static bool EveryN(int64_t count, int64_t n, int64_t start = 0);

 private:
  StageSet stages_ = StageSet().set();
};

ANNEAL_REGISTRY(Hook, "hook");

// A registered hook is called only at the points it overrides.
template <>
struct RegistryTraits<Hook> {
  template <typename T>
  static void OnCreate(T* hook) {
    hook->set_stages(OverriddenStages<Hook, T>());
  }
};

}  // namespace anneal

#endif  // ANNEAL_HOOKS_HOOK_H_
