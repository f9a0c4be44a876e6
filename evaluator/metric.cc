#include "evaluator/metric.h"

#include <string>
#include <utility>

#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

// Numbers or the error in their place, as the main rank sends them.
Value Pack(const absl::StatusOr<MetricValues>& values) {
  if (!values.ok()) {
    return Value::List{static_cast<int>(values.status().code()),
                       values.status().message()};
  }
  Dict dict;
  for (const auto& [name, value] : *values) dict[name] = value;
  return dict;
}

absl::StatusOr<MetricValues> Unpack(const Value& packed) {
  if (const auto* error = packed.get_if<Value::List>()) {
    ASSIGN_OR_RETURN(const int64_t code, error->at(0).AsInt("code"));
    ASSIGN_OR_RETURN(const std::string message, error->at(1).AsString("text"));
    return absl::Status(static_cast<absl::StatusCode>(code), message);
  }
  ASSIGN_OR_RETURN(const Dict* dict, packed.AsDict("metrics"));
  MetricValues values;
  for (const auto& [name, value] : *dict) {
    ASSIGN_OR_RETURN(const double number, value.AsReal(KeyString(name)));
    values.emplace_back(KeyString(name), number);
  }
  return values;
}

}  // namespace

absl::StatusOr<MetricValues> Metric::Evaluate(
    int64_t size, dist::Communicator& communicator) {
  Value::List own = std::move(results_);
  results_.clear();
  ASSIGN_OR_RETURN(const Value::List all,
                   communicator.CollectResults(std::move(own), size));
  Value packed;
  // What it throws would leave the other ranks waiting for it.
  if (communicator.is_main_rank()) {
    packed = Pack(CatchTorchError([&] { return ComputeMetrics(all); }));
  }
  RETURN_IF_ERROR(communicator.BroadcastObject(&packed, /*source=*/0));
  return Unpack(packed);
}

}  // namespace anneal
