// What schedulers make of parameter groups over a run.
#ifndef ANNEAL_TOOLS_SCHEDULE_TABLE_H_
#define ANNEAL_TOOLS_SCHEDULE_TABLE_H_

#include <cstddef>
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
    // Which column a group's values are; groups whose values never differ share
    // one.
    std::vector<size_t> column_of;
    // Each by iteration.
    std::vector<std::vector<double>> columns;

    // The groups' values at an iteration, from 0.
    std::vector<double> Row(size_t iter) const;
  };

  // lr, momentum (of Adam and its kind the first of the betas) where there is
  // one, and whatever else a scheduler changes.
  std::vector<Field> fields;
  // What the table does not show.
  std::vector<std::string> notes;

  // {"lr": [[group 0, group 1, ...], ...], "momentum": ...}: a row an
  // iteration, numbers with all their digits, null where one is not finite.
  std::string ToJson() const;

  // A panel for lr and for each other field that changes, a curve for each
  // group that differs from those before it.
  Chart ToChart() const;
};

// 400 MB.
inline constexpr int64_t kMaxTableNumbers = 50000000;

// How a run steps its schedulers.
struct ScheduledRun {
  std::vector<ParamGroup>* groups;
  std::vector<std::unique_ptr<ParamScheduler>>* schedulers;
  // What the schedulers were built for; max_iters is the run's length.
  ScheduleLengths lengths;
};

// Steps through the run. Schedulers that look at metrics see none and change
// nothing: a note says so. InvalidArgument where the table would have more than
// kMaxTableNumbers numbers.
absl::StatusOr<ScheduleTable> SimulateSchedule(const ScheduledRun& run);

}  // namespace anneal

#endif  // ANNEAL_TOOLS_SCHEDULE_TABLE_H_
