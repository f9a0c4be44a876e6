// What strategies share whose every rank holds the whole model.
#ifndef ANNEAL_STRATEGY_WHOLE_MODEL_H_
#define ANNEAL_STRATEGY_WHOLE_MODEL_H_

#include <c10/core/Device.h>
#include <google/protobuf/any.pb.h>

#include <memory>

#include "absl/status/status.h"
#include "logging/message_hub.h"
#include "model/base_model.h"
#include "optim/base_optim_wrapper.h"
#include "strategy/module_state_dict.h"
#include "strategy/strategy.h"
#include "structures/batch.h"
#include "structures/log_vars.h"
#include "utils/value.h"

namespace anneal {

// With every tensor on the host; those that are there already are the same.
Value ToCpu(const Value& value);

// Keeps the model and the optim wrapper on one device, where their state is
// whole.
class WholeModelStrategy : public Strategy {
 public:
  explicit WholeModelStrategy(c10::Device device) : device_(device) {}

  LogVars TrainStep(const Batch& batch) override;
  Batch ValStep(const Batch& batch) override;
  Batch TestStep(const Batch& batch) override;

  Dict ModelStateDict() override;
  Value OptimStateDict() override;
  absl::Status LoadModelStateDict(const Dict& state_dict,
                                  StateDictMatch match) override;
  absl::Status LoadOptimStateDict(const Value& state_dict) override;

  BaseModel& model() override;
  BaseOptimWrapper* optim_wrapper() override { return optim_wrapper_.get(); }
  c10::Device device() const override { return device_; }

 protected:
  // Moves the model to the device and tells its data preprocessor of it.
  absl::Status PlaceModel(std::shared_ptr<BaseModel> model);
  // Builds the optim wrapper over the model placed; nothing where it is null.
  absl::Status BuildOptimWrapper(const google::protobuf::Any* optim_wrapper,
                                 MessageHub* message_hub);
  // Dies where the run doesn't train.
  BaseOptimWrapper& Wrapper();

 private:
  c10::Device device_;
  std::shared_ptr<BaseModel> model_;
  std::unique_ptr<BaseOptimWrapper> optim_wrapper_;
};

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_WHOLE_MODEL_H_
