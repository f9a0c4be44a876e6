#include "evaluator/metric.h"

#include "dist/broadcast_status.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {

absl::StatusOr<MetricValues> Metric::Evaluate(
    int64_t size, dist::Communicator& communicator) {
  Value::List own = std::move(results_);
  results_.clear();
  ASSIGN_OR_RETURN(const Value::List all,
                   communicator.CollectResults(std::move(own), size));
  absl::StatusOr<MetricValues> computed = MetricValues();
  if (communicator.is_main_rank()) {
    computed = CatchTorchError([&] { return ComputeMetrics(all); });
  }
  RETURN_IF_ERROR(
      dist::BroadcastStatus(communicator, computed.status(), /*source=*/0));
  Dict dict;
  for (const auto& [name, value] : *computed) dict[name] = value;
  Value packed = std::move(dict);
  RETURN_IF_ERROR(communicator.BroadcastObject(&packed, /*source=*/0));
  ASSIGN_OR_RETURN(const Dict* numbers, packed.AsDict("metrics"));
  MetricValues values;
  for (const auto& [name, value] : *numbers) {
    ASSIGN_OR_RETURN(const double number, value.AsReal(KeyString(name)));
    values.emplace_back(KeyString(name), number);
  }
  return values;
}

}  // namespace anneal
