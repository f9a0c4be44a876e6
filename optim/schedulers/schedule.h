// The interface of every schedule: how a value goes on.
#ifndef ANNEAL_OPTIM_SCHEDULERS_SCHEDULE_H_
#define ANNEAL_OPTIM_SCHEDULERS_SCHEDULE_H_

#include <cstddef>
#include <cstdint>

#include "optim/param_group.h"

namespace anneal {

// What a schedule is at: a number of one parameter group.
struct ScheduledValue {
  // The group's index.
  size_t group;
  double current;
  // The optimizer's own, before any scheduler.
  double initial;
};

// A formula for values, without state: the scheduler around it (SchedulerOf)
// counts, keeps the span and writes values into groups. docs/design/schedule.md
// has a whole one of a user's own, with its message and its BUILD.
class Schedule {
 public:
  virtual ~Schedule() = default;

  // The value at step `step` of the span; 0 is the first. A formula that goes
  // on from `current` combines with other schedulers of the same number; one
  // that looks at `initial` alone overwrites what they did.
  virtual double Next(int64_t step, const ScheduledValue& value) const = 0;

  // Called once for a group before its initial value is noted in its options,
  // as initial_lr for lr, unless it stands there already.
  virtual void Prepare(size_t, ParamGroup*) const {}
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SCHEDULERS_SCHEDULE_H_
