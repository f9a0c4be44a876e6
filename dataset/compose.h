// The transforms of a dataset, one after the other.
#ifndef ANNEAL_DATASET_COMPOSE_H_
#define ANNEAL_DATASET_COMPOSE_H_

#include <google/protobuf/any.pb.h>
#include <google/protobuf/repeated_field.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dataset/transform.h"
#include "utils/sample_random.h"
#include "utils/value.h"

namespace anneal {

// mmengine's: what a dataset's `pipeline` makes of a sample.
class Compose {
 public:
  static absl::StatusOr<Compose> Create(
      const google::protobuf::RepeatedPtrField<google::protobuf::Any>&
          transforms);

  bool empty() const { return transforms_.empty(); }
  absl::Status Apply(Dict* sample, SampleRandom random) const;

 private:
  std::vector<std::unique_ptr<Transform>> transforms_;
};

}  // namespace anneal

#endif  // ANNEAL_DATASET_COMPOSE_H_
