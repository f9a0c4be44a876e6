// Accuracy: how often the label is among the k highest scores.

#include <ATen/core/Tensor.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "evaluator/accuracy.pb.h"
#include "evaluator/metric.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Reads "scores" [N, C] of the predictions and "labels" [N], integers, of the
// batch; gives accuracy/top<k>, a fraction of 1.
//
//   val_evaluator: {type: Accuracy, topk: [1, 5]}
class Accuracy : public Metric {
 public:
  using Config = AccuracyConfig;

  static absl::StatusOr<std::unique_ptr<Accuracy>> Create(
      const Config& config) {
    std::vector<int64_t> topk(config.topk().begin(), config.topk().end());
    if (topk.empty()) topk = {1};
    for (const int64_t k : topk) {
      if (k < 1) {
        return absl::InvalidArgumentError(
            absl::StrCat("Accuracy.topk has ", k, "; it must be at least 1"));
      }
    }
    return std::make_unique<Accuracy>(std::move(topk), config.prefix());
  }

  Accuracy(std::vector<int64_t> topk, std::string prefix)
      : topk_(std::move(topk)), prefix_(std::move(prefix)) {}

  std::string prefix() const override { return prefix_; }

  absl::Status Process(const Batch& batch, const Batch& predictions) override {
    const at::Tensor scores = predictions.tensor("scores");
    const at::Tensor labels = batch.tensor("labels").to(scores.device());
    const int64_t most = *std::max_element(topk_.begin(), topk_.end());
    if (scores.dim() != 2 || most > scores.size(1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("Accuracy needs scores [N, C] with C of at least ", most,
                       ", found ", Value(scores).DebugString()));
    }
    // Broadcasting would hide a wrong shape.
    if (labels.dim() != 1 || labels.size(0) != scores.size(0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("Accuracy needs labels [", scores.size(0),
                       "], one a sample, found ", Value(labels).DebugString()));
    }
    // The place of the label among the highest scores; `most` if not there.
    const at::Tensor hits = std::get<1>(scores.topk(most, 1))
                                .eq(labels.unsqueeze(1))
                                .cpu()
                                .contiguous();
    const bool* hit = hits.const_data_ptr<bool>();
    for (int64_t i = 0; i < hits.size(0); ++i, hit += most) {
      AddResult(static_cast<int64_t>(std::find(hit, hit + most, true) - hit));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<MetricValues> ComputeMetrics(
      const Value::List& results) override {
    if (results.empty()) {
      return absl::FailedPreconditionError("Accuracy saw no samples");
    }
    MetricValues values;
    for (const int64_t k : topk_) {
      int64_t correct = 0;
      for (const Value& place : results) {
        correct += *place.get_if<int64_t>() < k;
      }
      values.emplace_back(absl::StrCat("top", k),
                          static_cast<double>(correct) / results.size());
    }
    return values;
  }

 private:
  std::vector<int64_t> topk_;
  std::string prefix_;
};

ANNEAL_REGISTER(Metric, Accuracy);

}  // namespace
}  // namespace anneal
