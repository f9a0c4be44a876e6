// The interface of every metric.
#ifndef ANNEAL_EVALUATOR_METRIC_H_
#define ANNEAL_EVALUATOR_METRIC_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dist/communicator.h"
#include "registry/registry.h"
#include "structures/batch.h"
#include "utils/value.h"

namespace anneal {

// Metric name -> value, in order of computation.
using MetricValues = std::vector<std::pair<std::string, double>>;

// Turns predictions into numbers over a whole dataset: Process sees each
// batch, Evaluate collects the results of all ranks and computes.
class Metric {
 public:
  virtual ~Metric() = default;

  // Adds one result a sample by AddResult. `predictions` is what the model's
  // Predict gave for `batch`. May throw c10::Error, as tensor operations and
  // Batch::tensor for a missing field do.
  virtual absl::Status Process(const Batch& batch,
                               const Batch& predictions) = 0;

  // Numbers of all results, in the sampler's order. Names carry no prefix. May
  // throw c10::Error.
  virtual absl::StatusOr<MetricValues> ComputeMetrics(
      const Value::List& results) = 0;

  // Before the first name with "/": "accuracy" for "accuracy/top1". Empty:
  // none.
  virtual std::string prefix() const { return ""; }

  // Collects from all ranks, truncates to `size` (the dataset's, since
  // samplers pad), computes on the main rank, broadcasts, forgets the results.
  // Where ComputeMetrics fails or throws, every rank gets its error.
  absl::StatusOr<MetricValues> Evaluate(int64_t size,
                                        dist::Communicator& communicator);

  // Forgets the results of a pass that did not reach Evaluate.
  void Reset() { results_.clear(); }

  const Dict& dataset_meta() const { return dataset_meta_; }
  void set_dataset_meta(Dict meta) { dataset_meta_ = std::move(meta); }

 protected:
  void AddResult(Value result) { results_.push_back(std::move(result)); }

 private:
  Value::List results_;
  Dict dataset_meta_;
};

ANNEAL_REGISTRY(Metric, "metric");

}  // namespace anneal

#endif  // ANNEAL_EVALUATOR_METRIC_H_
