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

  // Random choices come from `random` alone. Tensors of the sample may share
  // the dataset's memory: a transform puts a new one in their place and never
  // writes into them. NotFound for a sample without the field that the
  // transform works on, InvalidArgument for a field of another kind, naming
  // transform and field.
  virtual absl::Status Apply(Dict* sample, SampleRandom* random) const = 0;
};

ANNEAL_REGISTRY(Transform, "transform");

}  // namespace anneal

#endif  // ANNEAL_DATASET_TRANSFORM_H_
