// LossMetric: the model's loss over the dataset.

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones_like.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "evaluator/loss_metric.pb.h"
#include "evaluator/metric.h"

namespace anneal {
namespace {

at::Tensor OnHost(const at::Tensor& tensor) {
  return tensor.cpu().to(at::kDouble).contiguous();
}

std::pair<double, double> LossAndWeight(const Value& result) {
  const auto& pair = *result.get_if<Value::List>();
  return {*pair[0].get_if<double>(), *pair[1].get_if<double>()};
}

// The mean of the predictions' "loss" [N], one a sample, weighted by their
// "loss_weight" [N], not negative, where there is one: samples of several
// targets, not all of which count.
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
    const at::Tensor loss = OnHost(predictions.tensor("loss"));
    if (loss.dim() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("LossMetric needs one loss a sample, found ",
                       Value(loss).DebugString()));
    }
    const at::Tensor weight = predictions.fields().Find("loss_weight")
                                  ? OnHost(predictions.tensor("loss_weight"))
                                  : at::ones_like(loss);
    if (weight.sizes() != loss.sizes()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "LossMetric needs a loss_weight for each of ", loss.numel(),
          " losses, found ", Value(weight).DebugString()));
    }
    const double* losses = loss.const_data_ptr<double>();
    const double* weights = weight.const_data_ptr<double>();
    for (int64_t i = 0; i < loss.numel(); ++i) {
      AddResult(Value::List{losses[i], weights[i]});
    }
    return absl::OkStatus();
  }

  absl::StatusOr<MetricValues> ComputeMetrics(
      const Value::List& results) override {
    if (results.empty()) {
      return absl::FailedPreconditionError("LossMetric saw no samples");
    }
    double sum = 0;
    double count = 0;
    for (const Value& result : results) {
      const auto [loss, weight] = LossAndWeight(result);
      // What doesn't count may be NaN.
      if (weight == 0) continue;
      sum += weight * loss;
      count += weight;
    }
    if (count == 0) {
      return absl::FailedPreconditionError(
          "LossMetric: no target of any sample counts");
    }
    return MetricValues{{"loss", sum / count}};
  }

 private:
  std::string prefix_;
};

ANNEAL_REGISTER(Metric, LossMetric);

}  // namespace
}  // namespace anneal
