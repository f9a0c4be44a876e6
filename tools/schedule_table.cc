#include "tools/schedule_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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

std::vector<double> Column(const ScheduleTable::Field& field, size_t group) {
  std::vector<double> values;
  for (const auto& row : field.rows) values.push_back(row[group]);
  return values;
}

bool Changes(const ScheduleTable::Field& field) {
  return std::any_of(field.rows.begin(), field.rows.end(),
                     [&](const auto& row) { return row != field.rows[0]; });
}

// Each curve with the groups that share it.
std::vector<Chart::Curve> CurvesOf(const ScheduleTable::Field& field) {
  std::vector<Chart::Curve> curves;
  std::vector<std::vector<size_t>> groups;
  for (size_t g = 0; g < field.rows[0].size(); ++g) {
    const std::vector<double> values = Column(field, g);
    size_t i = 0;
    while (i < curves.size() && curves[i].values != values) ++i;
    if (i == curves.size()) {
      curves.push_back({"", values});
      groups.emplace_back();
    }
    groups[i].push_back(g);
  }
  for (size_t i = 0; i < curves.size(); ++i) {
    std::vector<size_t> shown = groups[i];
    const bool has_more = shown.size() > 3;
    if (has_more) shown.resize(3);
    curves[i].label =
        absl::StrCat(groups[i].size() > 1 ? "groups " : "group ",
                     absl::StrJoin(shown, ", "), has_more ? ", ..." : "");
  }
  return curves;
}

}  // namespace

absl::StatusOr<ScheduleTable> SimulateSchedule(const ScheduledRun& run) {
  ScheduleTable table;
  for (const std::string& name : FieldNames(run)) {
    table.fields.push_back({name, {}});
  }
  for (const auto& scheduler : *run.schedulers) {
    if (!scheduler->need_val_args()) continue;
    table.notes.push_back(absl::StrCat(
        scheduler->param_name(),
        " also depends on the metric of the validation (ReduceOnPlateau), "
        "shown as if that kept improving"));
  }
  const ScheduleLengths& lengths = run.lengths;
  for (int64_t iter = 1; iter <= lengths.max_iters; ++iter) {
    for (ScheduleTable::Field& field : table.fields) {
      std::vector<double>& row = field.rows.emplace_back();
      for (const ParamGroup& group : *run.groups) {
        row.push_back(FieldOf(group, field.name));
      }
    }
    RETURN_IF_ERROR(StepAll(run, /*by_epoch=*/false));
    // A training counted in iterations is one epoch.
    if (lengths.max_epochs > 1 && iter % lengths.epoch_length == 0) {
      RETURN_IF_ERROR(StepAll(run, /*by_epoch=*/true));
    }
  }
  return table;
}

std::string ScheduleTable::ToJson() const {
  std::string json = "{";
  for (const Field& field : fields) {
    if (json.size() > 1) json += ", ";
    absl::StrAppend(&json, "\"", field.name, "\": [");
    for (size_t i = 0; i < field.rows.size(); ++i) {
      absl::StrAppend(&json, i == 0 ? "\n[" : ",\n[",
                      absl::StrJoin(field.rows[i], ", ",
                                    [](std::string* out, double number) {
                                      out->append(RealText(number));
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
