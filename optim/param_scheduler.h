// The interface of every parameter scheduler.
#ifndef ANNEAL_OPTIM_PARAM_SCHEDULER_H_
#define ANNEAL_OPTIM_PARAM_SCHEDULER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "optim/optimizer.h"
#include "registry/registry.h"
#include "utils/value.h"

namespace anneal {

// Lengths of the run that a scheduler may refer to; 0 is unknown.
struct ScheduleLengths {
  // Iterations an epoch: needed by convert_to_iter_based.
  int64_t epoch_length = 0;
  // The default of `end`, for schedulers by epoch and by iteration.
  int64_t max_epochs = 0;
  int64_t max_iters = 0;
};

// Changes one option ("lr", "momentum", ...) of every group of an optimizer as
// the run goes on; equal to mmengine's class of the same name to the last digit
// a double gives. It sets the first value when built, so a run that goes on
// builds its schedulers before it loads the optimizer's state, which holds the
// present values.
class ParamScheduler {
 public:
  virtual ~ParamScheduler() = default;

  // Moves on by one epoch or iteration (by_epoch()). `metrics` are those of the
  // last validation, for schedulers that look at them; else null. NotFound,
  // with the metrics there are, where that which is looked at is missing.
  virtual absl::Status Step(
      const std::map<std::string, double>* metrics = nullptr) = 0;

  // Whether Step() counts epochs rather than iterations.
  virtual bool by_epoch() const = 0;

  // Whether the scheduler is stepped with metrics after each validation too.
  virtual bool need_val_args() const { return false; }

  virtual Value state_dict() const = 0;
  // Also takes a state that mmengine wrote. InvalidArgument (NotFound for a
  // part that is missing), with nothing changed, for the state of a scheduler
  // of another option, of other units or of another number of groups.
  virtual absl::Status LoadStateDict(const Value& state_dict) = 0;
};

// The optimizer outlives the scheduler.
ANNEAL_REGISTRY(ParamScheduler, "param_scheduler", Optimizer*,
                const ScheduleLengths&);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_PARAM_SCHEDULER_H_
