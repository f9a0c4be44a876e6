#include "evaluator/metric.h"

#include "utils/status_macros.h"

namespace anneal {

absl::StatusOr<MetricValues> Metric::Evaluate(
    int64_t size, dist::Communicator& communicator) {
  Value::List own = std::move(results_);
  results_.clear();
  ASSIGN_OR_RETURN(const Value::List all,
                   communicator.CollectResults(std::move(own), size));
  Value packed;
  if (communicator.is_main_rank()) {
    ASSIGN_OR_RETURN(const MetricValues values, ComputeMetrics(all));
    Dict dict;
    for (const auto& [name, value] : values) dict[name] = value;
    packed = std::move(dict);
  }
  RETURN_IF_ERROR(communicator.BroadcastObject(&packed, /*source=*/0));
  ASSIGN_OR_RETURN(const Dict* dict, packed.AsDict("metrics"));
  MetricValues values;
  for (const auto& [name, value] : *dict) {
    ASSIGN_OR_RETURN(const double number, value.AsReal(KeyString(name)));
    values.emplace_back(KeyString(name), number);
  }
  return values;
}

}  // namespace anneal
