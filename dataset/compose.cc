#include "dataset/compose.h"

#include "utils/status_macros.h"

namespace anneal {

absl::StatusOr<Compose> Compose::Create(
    const google::protobuf::RepeatedPtrField<google::protobuf::Any>&
        transforms) {
  Compose compose;
  for (const google::protobuf::Any& transform : transforms) {
    ASSIGN_OR_RETURN(compose.transforms_.emplace_back(),
                     RegistryOf<Transform>::Get().Build(transform));
  }
  return compose;
}

absl::Status Compose::Apply(Dict* sample, SampleRandom random) const {
  for (const auto& transform : transforms_) {
    RETURN_IF_ERROR(transform->Apply(sample, &random));
  }
  return absl::OkStatus();
}

}  // namespace anneal
