// SingleDeviceStrategy: model, gradients and optimizer state on one device.

#include <c10/core/Device.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "device/device.h"
#include "dist/communicator.h"
#include "logging/log.h"
#include "model/base_model.h"
#include "optim/base_optim_wrapper.h"
#include "strategy/module_state_dict.h"
#include "strategy/single_device.pb.h"
#include "strategy/strategy.h"
#include "structures/batch.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"
#include "utils/value.h"

namespace anneal {
namespace {

Value ToCpu(const Value& value) {
  return MapTensors(
      value, [](const at::Tensor& tensor) { return tensor.detach().cpu(); });
}

class SingleDeviceStrategy : public Strategy {
 public:
  using Config = SingleDeviceStrategyConfig;

  static absl::StatusOr<std::unique_ptr<SingleDeviceStrategy>> Create(
      const Config& config, dist::Communicator* communicator) {
    if (communicator->world_size() > 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "SingleDeviceStrategy runs on one rank, this run has ",
          communicator->world_size(), "; start it with --launcher none"));
    }
    c10::Device device = GetDevice();
    if (config.has_device()) {
      ASSIGN_OR_RETURN(device, ParseDevice(config.device()));
    }
    return std::make_unique<SingleDeviceStrategy>(device);
  }

  explicit SingleDeviceStrategy(c10::Device device) : device_(device) {}

  absl::Status Prepare(std::shared_ptr<BaseModel> model,
                       const google::protobuf::Any* optim_wrapper,
                       MessageHub* message_hub) override {
    RETURN_IF_ERROR(CatchTorchError([&] { model->to(device_); }));
    model_ = std::move(model);
    if (DataPreprocessor* preprocessor = model_->data_preprocessor()) {
      preprocessor->set_device(device_);
    }
    if (optim_wrapper == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(optim_wrapper_, RegistryOf<BaseOptimWrapper>::Get().Build(
                                         *optim_wrapper, *model_, message_hub));
    return absl::OkStatus();
  }

  LogVars TrainStep(const Batch& batch) override {
    return model_->TrainStep(batch, Wrapper());
  }
  Batch ValStep(const Batch& batch) override { return model_->ValStep(batch); }
  Batch TestStep(const Batch& batch) override {
    return model_->TestStep(batch);
  }

  Dict ModelStateDict() override {
    const Value state = ToCpu(ModuleStateDict(model()));
    return *state.get_if<Dict>();
  }
  Value OptimStateDict() override { return ToCpu(Wrapper().state_dict()); }

  absl::Status LoadModelStateDict(const Dict& state_dict,
                                  StateDictMatch match) override {
    return LoadModuleStateDict(state_dict, match, &model());
  }
  absl::Status LoadOptimStateDict(const Value& state_dict) override {
    return Wrapper().LoadStateDict(state_dict);
  }

  BaseModel& model() override {
    ANNEAL_CHECK(model_ != nullptr) << "the strategy is not prepared";
    return *model_;
  }
  BaseOptimWrapper* optim_wrapper() override { return optim_wrapper_.get(); }
  c10::Device device() const override { return device_; }

 private:
  BaseOptimWrapper& Wrapper() {
    ANNEAL_CHECK(optim_wrapper_ != nullptr)
        << "the run doesn't train: Prepare was given no optim wrapper";
    return *optim_wrapper_;
  }

  c10::Device device_;
  std::shared_ptr<BaseModel> model_;
  std::unique_ptr<BaseOptimWrapper> optim_wrapper_;
};

ANNEAL_REGISTER(Strategy, SingleDeviceStrategy);

}  // namespace
}  // namespace anneal
