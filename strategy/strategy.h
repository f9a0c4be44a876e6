// The interface of every strategy.
#ifndef ANNEAL_STRATEGY_STRATEGY_H_
#define ANNEAL_STRATEGY_STRATEGY_H_

#include <c10/core/Device.h>
#include <google/protobuf/any.pb.h>

#include <memory>

#include "absl/status/status.h"
#include "dist/communicator.h"
#include "logging/message_hub.h"
#include "model/base_model.h"
#include "optim/base_optim_wrapper.h"
#include "registry/registry.h"
#include "strategy/module_state_dict.h"
#include "structures/batch.h"
#include "structures/log_vars.h"
#include "utils/value.h"

namespace anneal {

// Where parameters, gradients and optimizer state live, and how a step runs:
// on one device, replicated, or sharded. All ranks call every method together.
// Steps throw c10::Error as LibTorch does.
class Strategy {
 public:
  virtual ~Strategy() = default;

  // Places the model, tells its data preprocessor where batches go, and builds
  // the optim wrapper `optim_wrapper` (null: the run doesn't train) over its
  // parameters. `message_hub` may be null: nothing is recorded. Called once,
  // before all else.
  virtual absl::Status Prepare(std::shared_ptr<BaseModel> model,
                               const google::protobuf::Any* optim_wrapper,
                               MessageHub* message_hub) = 0;

  // One iteration of training: forward, backward and, where due, the update;
  // in one call so that they may overlap. Returns what is logged. Dies, as all
  // that concerns the optim wrapper, if the run doesn't train.
  virtual LogVars TrainStep(const Batch& batch) = 0;
  // Predictions, in eval mode without gradients.
  virtual Batch ValStep(const Batch& batch) = 0;
  virtual Batch TestStep(const Batch& batch) = 0;

  // Whole state in Python's names, on the host; on other ranks than the main
  // one it may be empty. Tensors may alias the run's.
  virtual Dict ModelStateDict() = 0;
  virtual Value OptimStateDict() = 0;
  // Loads whole state; on failure nothing has changed. InvalidArgument lists
  // every name that doesn't fit, with both shapes (module_state_dict.h).
  virtual absl::Status LoadModelStateDict(const Dict& state_dict,
                                          StateDictMatch match) = 0;
  virtual absl::Status LoadOptimStateDict(const Value& state_dict) = 0;

  // The model as prepared; Dies if called before Prepare.
  virtual BaseModel& model() = 0;
  // Null where the run doesn't train.
  virtual BaseOptimWrapper* optim_wrapper() = 0;
  virtual c10::Device device() const = 0;
};

// The communicator outlives the strategy.
ANNEAL_REGISTRY(Strategy, "strategy", dist::Communicator*);

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_STRATEGY_H_
