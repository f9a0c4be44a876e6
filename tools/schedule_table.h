// What schedulers make of parameter groups over a run.
#ifndef ANNEAL_TOOLS_SCHEDULE_TABLE_H_
#define ANNEAL_TOOLS_SCHEDULE_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/param_scheduler.h"
#include "tools/chart.h"

namespace anneal {

// The values of every group at every iteration, as the iteration uses them.
struct ScheduleTable {
  struct Field {
    std::string name;
    // By iteration, then by group.
    std::vector<std::vector<double>> rows;
  };

  // lr, momentum (of Adam and its kind the first of the betas) where there is
  // one, and whatever else a scheduler changes.
  std::vector<Field> fields;
  // What the table does not show.
  std::vector<std::string> notes;

  // {"lr": [[group 0, group 1, ...], ...], "momentum": ...}: a row an
  // iteration, numbers with all their digits.
  std::string ToJson() const;

  // A panel for lr and for each other field that changes, a curve for each
  // group that differs from those before it.
  Chart ToChart() const;
};

// How a run steps its schedulers.
struct ScheduledRun {
  std::vector<ParamGroup>* groups;
  std::vector<std::unique_ptr<ParamScheduler>>* schedulers;
  // What the schedulers were built for; max_iters is the run's length.
  ScheduleLengths lengths;
};

// Steps through the run. Schedulers that look at metrics see none and change
// nothing: a note says so.
absl::StatusOr<ScheduleTable> SimulateSchedule(const ScheduledRun& run);

}  // namespace anneal

#endif  // ANNEAL_TOOLS_SCHEDULE_TABLE_H_
