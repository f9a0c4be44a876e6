#include "evaluator/evaluator.h"

#include <algorithm>
#include <typeinfo>
#include <utility>

#include "absl/strings/str_cat.h"
#include "utils/annotate.h"
#include "utils/class_name.h"
#include "utils/torch_status.h"

namespace anneal {

Evaluator::Evaluator(std::vector<std::unique_ptr<Metric>> metrics,
                     dist::Communicator* communicator)
    : metrics_(std::move(metrics)), communicator_(communicator) {}

void Evaluator::set_dataset_meta(const Dict& meta) {
  for (auto& metric : metrics_) metric->set_dataset_meta(meta);
}

void Evaluator::Reset() {
  for (auto& metric : metrics_) metric->Reset();
}

absl::Status Evaluator::Process(const Batch& batch, const Batch& predictions) {
  for (auto& metric : metrics_) {
    const absl::Status status =
        CatchTorchError([&] { return metric->Process(batch, predictions); });
    if (!status.ok()) return Annotate(status, ClassName(typeid(*metric)));
  }
  return absl::OkStatus();
}

absl::StatusOr<MetricValues> Evaluator::Evaluate(int64_t size) {
  MetricValues all;
  for (auto& metric : metrics_) {
    const absl::StatusOr<MetricValues> values =
        CatchTorchError([&] { return metric->Evaluate(size, *communicator_); });
    if (!values.ok()) {
      return Annotate(values.status(), ClassName(typeid(*metric)));
    }
    for (const auto& [name, value] : *values) {
      const std::string full = metric->prefix().empty()
                                   ? name
                                   : absl::StrCat(metric->prefix(), "/", name);
      const bool is_taken =
          std::any_of(all.begin(), all.end(),
                      [&](const auto& other) { return other.first == full; });
      if (is_taken) {
        return absl::InvalidArgumentError(
            absl::StrCat("two metrics are called \"", full,
                         "\"; give one of them another prefix"));
      }
      all.emplace_back(full, value);
    }
  }
  return all;
}

}  // namespace anneal
