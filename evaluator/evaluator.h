// The metrics of one validation or test.
#ifndef ANNEAL_EVALUATOR_EVALUATOR_H_
#define ANNEAL_EVALUATOR_EVALUATOR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dist/communicator.h"
#include "evaluator/metric.h"
#include "structures/batch.h"

namespace anneal {

// Feeds several metrics and merges their numbers. `communicator` outlives it.
class Evaluator {
 public:
  Evaluator(std::vector<std::unique_ptr<Metric>> metrics,
            dist::Communicator* communicator);

  void set_dataset_meta(const Dict& meta);

  // Starts a pass: forgets what one that failed has left.
  void Reset();

  // May throw c10::Error, as Metric::Process.
  absl::Status Process(const Batch& batch, const Batch& predictions);

  // Every metric's numbers under "prefix/name". InvalidArgument when two
  // metrics give the same name: it says to set a prefix.
  absl::StatusOr<MetricValues> Evaluate(int64_t size);

 private:
  std::vector<std::unique_ptr<Metric>> metrics_;
  dist::Communicator* communicator_;
};

}  // namespace anneal

#endif  // ANNEAL_EVALUATOR_EVALUATOR_H_
