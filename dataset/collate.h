// The interface of collate functions: samples into a batch.
#ifndef ANNEAL_DATASET_COLLATE_H_
#define ANNEAL_DATASET_COLLATE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "registry/registry.h"
#include "structures/batch.h"
#include "utils/value.h"

namespace anneal {

// Makes a batch of samples. Called from several threads at once.
class Collate {
 public:
  virtual ~Collate() = default;
  virtual absl::StatusOr<Batch> operator()(std::vector<Dict> samples) const = 0;
};

ANNEAL_REGISTRY(Collate, "collate_fn");

}  // namespace anneal

#endif  // ANNEAL_DATASET_COLLATE_H_
