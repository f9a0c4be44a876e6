// The interface of every parameter scheduler.
#ifndef ANNEAL_OPTIM_PARAM_SCHEDULER_H_
#define ANNEAL_OPTIM_PARAM_SCHEDULER_H_

#include <google/protobuf/any.pb.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "optim/param_group.h"
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

// The epochs or iterations [begin, end) at which a scheduler changes values.
struct StepSpan {
  int64_t begin = 0;
  int64_t end = 0;
  bool by_epoch = true;
};

// Changes one number ("lr", "momentum", ...) of every parameter group as the
// run goes on; equal to mmengine's class of the same name to the last digit a
// double gives. It sets the first value when built, so a run that goes on
// builds its schedulers before it loads the optimizer's state, which holds the
// present values. docs/design/schedule.md says what a step is and how to write
// one's own.
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

  // What it changes and when, for the check that no two do the same. Default:
  // unknown, not checked.
  virtual std::string param_name() const { return ""; }
  virtual absl::optional<StepSpan> span() const { return absl::nullopt; }

  virtual Value state_dict() const = 0;
  // Also takes a state that mmengine wrote. InvalidArgument (NotFound for a
  // part that is missing), with nothing changed, for the state of a scheduler
  // of another option, of other units or of another number of groups.
  virtual absl::Status LoadStateDict(const Value& state_dict) = 0;
};

// The groups, an optimizer's or your own, outlive the scheduler; some may be
// added later.
ANNEAL_REGISTRY(ParamScheduler, "param_scheduler", std::vector<ParamGroup>*,
                const ScheduleLengths&);

// The scheduler that a config message describes:
//
//   CosineAnnealingLRConfig config;
//   config.set_by_epoch(false);
//   config.set_end(1000);
//   auto cosine = BuildParamScheduler(config, &optimizer->param_groups());
template <typename Config>
absl::StatusOr<std::unique_ptr<ParamScheduler>> BuildParamScheduler(
    const Config& config, std::vector<ParamGroup>* groups,
    const ScheduleLengths& lengths = ScheduleLengths()) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<ParamScheduler>::Get().Build(any, groups, lengths);
}

}  // namespace anneal

#endif  // ANNEAL_OPTIM_PARAM_SCHEDULER_H_
