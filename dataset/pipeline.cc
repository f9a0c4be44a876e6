#include "dataset/pipeline.h"

#include "utils/status_macros.h"

namespace anneal {

absl::StatusOr<Pipeline> Pipeline::Create(
    const google::protobuf::RepeatedPtrField<google::protobuf::Any>&
        transforms) {
  Pipeline pipeline;
  for (const google::protobuf::Any& transform : transforms) {
    ASSIGN_OR_RETURN(pipeline.transforms_.emplace_back(),
                     RegistryOf<Transform>::Get().Build(transform));
  }
  return pipeline;
}

absl::Status Pipeline::Apply(Dict* sample, SampleRandom random) const {
  for (const auto& transform : transforms_) {
    RETURN_IF_ERROR(transform->Apply(sample, &random));
  }
  return absl::OkStatus();
}

}  // namespace anneal
