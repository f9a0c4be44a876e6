// SingleDeviceStrategy: model, gradients and optimizer state on one device.

#include <c10/core/Device.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "device/device.h"
#include "dist/communicator.h"
#include "model/base_model.h"
#include "strategy/single_device.pb.h"
#include "strategy/strategy.h"
#include "strategy/whole_model.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

class SingleDeviceStrategy : public WholeModelStrategy {
 public:
  using Config = SingleDeviceStrategyConfig;

  static absl::StatusOr<std::unique_ptr<SingleDeviceStrategy>> Create(
      const Config& config, dist::Communicator* communicator) {
    if (communicator->world_size() > 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "SingleDeviceStrategy runs on one rank, this run has ",
          communicator->world_size(),
          "; DDPStrategy is for several, --launcher none starts one"));
    }
    c10::Device device = GetDevice();
    if (config.has_device()) {
      ASSIGN_OR_RETURN(device, ParseDevice(config.device()));
    }
    return std::make_unique<SingleDeviceStrategy>(device);
  }

  using WholeModelStrategy::WholeModelStrategy;

  absl::Status Prepare(std::shared_ptr<BaseModel> model,
                       const google::protobuf::Any* optim_wrapper,
                       MessageHub* message_hub) override {
    RETURN_IF_ERROR(PlaceModel(std::move(model)));
    return BuildOptimWrapper(optim_wrapper, message_hub);
  }
};

ANNEAL_REGISTER(Strategy, SingleDeviceStrategy);

}  // namespace
}  // namespace anneal
