// AngleError: how far off the predicted angles are.

#include <ATen/core/Tensor.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "angle_error.pb.h"
#include "evaluator/metric.h"

namespace pendulum {
namespace {

// "angle_error": the mean absolute error of "states"[:, 0], in radians.
class AngleError : public anneal::Metric {
 public:
  using Config = AngleErrorConfig;

  static absl::StatusOr<std::unique_ptr<AngleError>> Create(
      const Config& config) {
    return std::make_unique<AngleError>(config.prefix());
  }

  explicit AngleError(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string prefix() const override { return prefix_; }

  absl::Status Process(const anneal::Batch& batch,
                       const anneal::Batch& predictions) override {
    const at::Tensor error = predictions.tensor("states")
                                 .sub(batch.tensor("labels"))
                                 .select(1, 0)
                                 .abs()
                                 .to(at::kCPU, at::kDouble)
                                 .contiguous();
    for (int64_t i = 0; i < error.numel(); ++i) {
      AddResult(error.const_data_ptr<double>()[i]);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<anneal::MetricValues> ComputeMetrics(
      const anneal::Value::List& results) override {
    double sum = 0;
    for (const anneal::Value& error : results) sum += *error.get_if<double>();
    return anneal::MetricValues{{"angle_error", sum / results.size()}};
  }

 private:
  std::string prefix_;
};

ANNEAL_REGISTER(anneal::Metric, AngleError);

}  // namespace
}  // namespace pendulum
