// The interface of every data transform.
#ifndef ANNEAL_DATASET_TRANSFORM_H_
#define ANNEAL_DATASET_TRANSFORM_H_

#include "absl/status/status.h"
#include "registry/registry.h"
#include "utils/sample_random.h"
#include "utils/value.h"

namespace anneal {

// A step of a dataset's pipeline: changes one sample in place. Called from
// several threads at once.
class Transform {
 public:
  virtual ~Transform() = default;

  // Random choices come from `random` alone. InvalidArgument for a sample that
  // lacks the field the transform works on, naming both.
  virtual absl::Status Apply(Dict* sample, SampleRandom* random) const = 0;
};

ANNEAL_REGISTRY(Transform, "transform");

}  // namespace anneal

#endif  // ANNEAL_DATASET_TRANSFORM_H_
