#include "strategy/whole_model.h"

#include <ATen/core/Tensor.h>

#include <utility>

#include "logging/log.h"
#include "registry/registry.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {

Value ToCpu(const Value& value) {
  return MapTensors(
      value, [](const at::Tensor& tensor) { return tensor.detach().cpu(); });
}

absl::Status WholeModelStrategy::PlaceModel(std::shared_ptr<BaseModel> model) {
  RETURN_IF_ERROR(CatchTorchError([&] { model->to(device_); }));
  model_ = std::move(model);
  if (DataPreprocessor* preprocessor = model_->data_preprocessor()) {
    preprocessor->set_device(device_);
  }
  return absl::OkStatus();
}

absl::Status WholeModelStrategy::BuildOptimWrapper(
    const google::protobuf::Any* optim_wrapper, MessageHub* message_hub) {
  if (optim_wrapper == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(optim_wrapper_, RegistryOf<BaseOptimWrapper>::Get().Build(
                                       *optim_wrapper, *model_, message_hub));
  return absl::OkStatus();
}

LogVars WholeModelStrategy::TrainStep(const Batch& batch) {
  return model_->TrainStep(batch, Wrapper());
}
Batch WholeModelStrategy::ValStep(const Batch& batch) {
  return model_->ValStep(batch);
}
Batch WholeModelStrategy::TestStep(const Batch& batch) {
  return model_->TestStep(batch);
}

Dict WholeModelStrategy::ModelStateDict() {
  const Value state = ToCpu(ModuleStateDict(model()));
  return *state.get_if<Dict>();
}
Value WholeModelStrategy::OptimStateDict() {
  return ToCpu(Wrapper().state_dict());
}

absl::Status WholeModelStrategy::LoadModelStateDict(const Dict& state_dict,
                                                    StateDictMatch match) {
  return LoadModuleStateDict(state_dict, match, &model());
}
absl::Status WholeModelStrategy::LoadOptimStateDict(const Value& state_dict) {
  return Wrapper().LoadStateDict(state_dict);
}

BaseModel& WholeModelStrategy::model() {
  ANNEAL_CHECK(model_ != nullptr) << "the strategy is not prepared";
  return *model_;
}

BaseOptimWrapper& WholeModelStrategy::Wrapper() {
  ANNEAL_CHECK(optim_wrapper_ != nullptr)
      << "the run doesn't train: Prepare was given no optim wrapper";
  return *optim_wrapper_;
}

}  // namespace anneal
