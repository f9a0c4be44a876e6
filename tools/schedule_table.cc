#include "tools/schedule_table.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "fileio/json/json_string.h"
#include "utils/real_text.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kMomentum[] = "momentum";

bool HasBetas(const ParamGroup& group) {
  return !group.options.Find(kMomentum) && group.options.Find("betas");
}

bool HasField(const ParamGroup& group, const std::string& name) {
  return group.options.Find(name) || (name == kMomentum && HasBetas(group));
}

double FieldOf(const ParamGroup& group, const std::string& name) {
  return name == kMomentum && HasBetas(group) ? group.beta(0)
                                              : group.real(name);
}

std::vector<std::string> FieldNames(const ScheduledRun& run) {
  std::vector<std::string> names = {"lr", kMomentum};
  for (const auto& scheduler : *run.schedulers) {
    const std::string name = scheduler->param_name();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const std::string& name) {
                               return !std::all_of(
                                   run.groups->begin(), run.groups->end(),
                                   [&](const ParamGroup& group) {
                                     return HasField(group, name);
                                   });
                             }),
              names.end());
  return names;
}

absl::Status StepAll(const ScheduledRun& run, bool by_epoch) {
  for (auto& scheduler : *run.schedulers) {
    if (scheduler->by_epoch() == by_epoch) RETURN_IF_ERROR(scheduler->Step());
  }
  return absl::OkStatus();
}

bool IsSame(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

// Adds an iteration: a group whose value differs from its column's gets a
// column of its own, with the others that differ alike.
void AddRow(const std::vector<ParamGroup>& groups,
            ScheduleTable::Field* field) {
  auto& columns = field->columns;
  const size_t length = columns[0].size();
  std::vector<std::pair<size_t, size_t>> splits;  // from a column to a new one
  for (size_t g = 0; g < groups.size(); ++g) {
    const double value = FieldOf(groups[g], field->name);
    size_t& column = field->column_of[g];
    if (columns[column].size() == length) columns[column].push_back(value);
    if (IsSame(columns[column].back(), value)) continue;
    const auto split =
        std::find_if(splits.begin(), splits.end(), [&](const auto& each) {
          return each.first == column &&
                 IsSame(columns[each.second].back(), value);
        });
    if (split != splits.end()) {
      column = split->second;
      continue;
    }
    splits.emplace_back(column, columns.size());
    std::vector<double> copy = columns[column];
    copy.back() = value;
    columns.push_back(std::move(copy));
    column = columns.size() - 1;
  }
}

absl::Status CheckSize(const ScheduleTable& table, int64_t num_iters) {
  int64_t num_columns = 0;
  for (const ScheduleTable::Field& field : table.fields) {
    num_columns += field.columns.size();
  }
  if (num_columns == 0 || num_iters <= kMaxTableNumbers / num_columns) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      num_columns, " curves over ", num_iters, " iterations are more than ",
      kMaxTableNumbers, " numbers, too many to show; look at a shorter run: ",
      "--cfg-options train_cfg.max_epochs=N (or max_iters)"));
}

bool Changes(const ScheduleTable::Field& field) {
  return std::any_of(field.columns.begin(), field.columns.end(),
                     [](const std::vector<double>& column) {
                       return std::any_of(column.begin(), column.end(),
                                          [&](double value) {
                                            return !IsSame(value, column[0]);
                                          });
                     });
}

// Each curve with the groups that share it.
std::vector<Chart::Curve> CurvesOf(const ScheduleTable::Field& field) {
  std::vector<std::vector<size_t>> groups(field.columns.size());
  for (size_t g = 0; g < field.column_of.size(); ++g) {
    groups[field.column_of[g]].push_back(g);
  }
  std::vector<Chart::Curve> curves;
  for (size_t i = 0; i < groups.size(); ++i) {
    std::vector<size_t> shown = groups[i];
    const bool has_more = shown.size() > 3;
    if (has_more) shown.resize(3);
    curves.push_back(
        {absl::StrCat(groups[i].size() > 1 ? "groups " : "group ",
                      absl::StrJoin(shown, ", "), has_more ? ", ..." : ""),
         field.columns[i]});
  }
  return curves;
}

std::string JsonNumber(double number) {
  return std::isfinite(number) ? RealText(number) : "null";
}

}  // namespace

absl::StatusOr<ScheduleTable> SimulateSchedule(const ScheduledRun& run) {
  ScheduleTable table;
  for (const std::string& name : FieldNames(run)) {
    table.fields.push_back(
        {name, std::vector<size_t>(run.groups->size(), 0), {{}}});
  }
  for (const auto& scheduler : *run.schedulers) {
    if (!scheduler->need_val_args()) continue;
    table.notes.push_back(absl::StrCat(
        scheduler->param_name(),
        " also depends on the metric of the validation (ReduceOnPlateau), "
        "shown as if that kept improving"));
  }
  const ScheduleLengths& lengths = run.lengths;
  RETURN_IF_ERROR(CheckSize(table, lengths.max_iters));
  for (int64_t iter = 1; iter <= lengths.max_iters; ++iter) {
    for (ScheduleTable::Field& field : table.fields) {
      AddRow(*run.groups, &field);
    }
    RETURN_IF_ERROR(CheckSize(table, lengths.max_iters));
    RETURN_IF_ERROR(StepAll(run, /*by_epoch=*/false));
    // A training counted in iterations is one epoch.
    if (lengths.max_epochs > 1 && iter % lengths.epoch_length == 0) {
      RETURN_IF_ERROR(StepAll(run, /*by_epoch=*/true));
    }
  }
  return table;
}

std::vector<double> ScheduleTable::Field::Row(size_t iter) const {
  std::vector<double> row;
  for (const size_t column : column_of) row.push_back(columns[column][iter]);
  return row;
}

std::string ScheduleTable::ToJson() const {
  std::string json = "{";
  for (const Field& field : fields) {
    if (json.size() > 1) json += ", ";
    absl::StrAppend(&json, JsonString(field.name), ": [");
    for (size_t i = 0; i < field.columns[0].size(); ++i) {
      absl::StrAppend(&json, i == 0 ? "\n[" : ",\n[",
                      absl::StrJoin(field.Row(i), ", ",
                                    [](std::string* out, double number) {
                                      out->append(JsonNumber(number));
                                    }),
                      "]");
    }
    json += "\n]";
  }
  return json + "}\n";
}

Chart ScheduleTable::ToChart() const {
  Chart chart;
  chart.notes = notes;
  chart.x_label = "iteration";
  for (const Field& field : fields) {
    if (field.name != "lr" && !Changes(field)) continue;
    chart.panels.push_back({field.name, CurvesOf(field)});
  }
  return chart;
}

}  // namespace anneal
