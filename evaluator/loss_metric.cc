// LossMetric: the model's loss over the dataset.

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "evaluator/loss_metric.pb.h"
#include "evaluator/metric.h"

namespace anneal {
namespace {

// The mean of the predictions' "loss" [N], one a sample.
//
//   val_evaluator: {type: LossMetric}
class LossMetric : public Metric {
 public:
  using Config = LossMetricConfig;

  static absl::StatusOr<std::unique_ptr<LossMetric>> Create(
      const Config& config) {
    return std::make_unique<LossMetric>(config.prefix());
  }

  explicit LossMetric(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string prefix() const override { return prefix_; }

  absl::Status Process(const Batch& batch, const Batch& predictions) override {
    const at::Tensor loss =
        predictions.tensor("loss").cpu().to(at::kDouble).contiguous();
    if (loss.dim() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("LossMetric needs one loss a sample, found ",
                       Value(loss).DebugString()));
    }
    const double* values = loss.const_data_ptr<double>();
    for (int64_t i = 0; i < loss.numel(); ++i) AddResult(values[i]);
    return absl::OkStatus();
  }

  absl::StatusOr<MetricValues> ComputeMetrics(
      const Value::List& results) override {
    if (results.empty()) {
      return absl::FailedPreconditionError("LossMetric saw no samples");
    }
    double sum = 0;
    for (const Value& loss : results) sum += *loss.get_if<double>();
    return MetricValues{{"loss", sum / results.size()}};
  }

 private:
  std::string prefix_;
};

ANNEAL_REGISTER(Metric, LossMetric);

}  // namespace
}  // namespace anneal
