// DDPStrategy: the model on every rank, gradients reduced in backward.

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/nn/modules/embedding.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/model_wrapper.pb.h"
#include "device/device.h"
#include "dist/communicator.h"
#include "logging/log.h"
#include "model/base_model.h"
#include "model/batch_norm.h"
#include "model/sync_batch_norm_scope.h"
#include "optim/base_optim_wrapper.h"
#include "strategy/ddp.pb.h"
#include "strategy/gradient_reducer.h"
#include "strategy/rank_state.h"
#include "strategy/replicas.h"
#include "strategy/strategy.h"
#include "strategy/whole_model.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"
#include "utils/value.h"

namespace anneal {
namespace {

absl::Status CheckWrapperType(const std::string& type) {
  for (const char* known :
       {"MMDistributedDataParallel", "DistributedDataParallel",
        "MMSeparateDistributedDataParallel"}) {
    if (type == known) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "model_wrapper.type is \"", type,
      "\"; it must be MMDistributedDataParallel, DistributedDataParallel or "
      "MMSeparateDistributedDataParallel"));
}

// mmengine's: what torch's class does where it is named, nothing where not.
bool BroadcastsBuffers(const DDPStrategyConfig& config) {
  const ModelWrapperConfig& wrapper = config.model_wrapper();
  if (wrapper.has_broadcast_buffers()) return wrapper.broadcast_buffers();
  return config.has_model_wrapper() &&
         wrapper.type() != "MMSeparateDistributedDataParallel";
}

// A device of this rank's own where its collectives are those of devices.
absl::StatusOr<c10::Device> DeviceOf(const dist::Communicator& communicator) {
  if (communicator.backend() != "nccl") {
    if (NumDevices("cuda") > 0 && communicator.is_main_rank()) {
      ANNEAL_LOG(WARNING) << "the ranks talk by " << communicator.backend()
                          << ", so the model is on the CPU and this machine's "
                             "CUDA devices are idle; nccl trains on them "
                             "(env_cfg.dist_cfg.backend, --config=cuda)";
    }
    return c10::Device(c10::kCPU);
  }
  const int num_devices = NumDevices("cuda");
  // srun --gpus-per-task=1 shows each rank its own.
  if (num_devices == 1) return c10::Device(c10::kCUDA, 0);
  if (communicator.local_rank() >= num_devices) {
    return absl::FailedPreconditionError(absl::StrCat(
        "rank ", communicator.rank(), " is number ", communicator.local_rank(),
        " on its machine, which has ", num_devices,
        " CUDA devices; start at most one rank for each"));
  }
  return c10::Device(c10::kCUDA,
                     static_cast<c10::DeviceIndex>(communicator.local_rank()));
}

// Parameters of embeddings whose gradients are sparse.
std::set<const void*> SparseParams(const torch::nn::Module& model) {
  std::set<const void*> sparse;
  for (const auto& module : model.modules()) {
    if (const auto* one = module->as<torch::nn::Embedding>()) {
      if (one->options.sparse())
        sparse.insert(one->weight.unsafeGetTensorImpl());
    } else if (const auto* bag = module->as<torch::nn::EmbeddingBag>()) {
      if (bag->options.sparse())
        sparse.insert(bag->weight.unsafeGetTensorImpl());
    }
  }
  return sparse;
}

// Replicates a model over the ranks: each computes on a part of the batch, and
// backward averages the gradients over them, so that all make the same step. A
// run of one rank is a run on a single device.
//
//   strategy:
//     type: DDPStrategy
//     model_wrapper: {type: MMDistributedDataParallel, static_graph: true}
class DDPStrategy : public WholeModelStrategy {
 public:
  using Config = DDPStrategyConfig;

  static absl::StatusOr<std::unique_ptr<DDPStrategy>> Create(
      const Config& config, dist::Communicator* communicator) {
    RETURN_IF_ERROR(CheckWrapperType(config.model_wrapper().type()));
    RETURN_IF_ERROR(GradientReducer::CheckConfig(config.model_wrapper()));
    if (config.has_sync_bn() && config.sync_bn() != "torch" &&
        config.sync_bn() != "mmcv") {
      return absl::InvalidArgumentError(absl::StrCat(
          "sync_bn is \"", config.sync_bn(), "\"; it must be torch or mmcv"));
    }
    c10::Device device = GetDevice();
    if (communicator->world_size() > 1) {
      ASSIGN_OR_RETURN(device, DeviceOf(*communicator));
    }
    if (!device.is_cpu()) {
      // What is made without naming a device is made there too.
      c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
    }
    return std::make_unique<DDPStrategy>(config, device, communicator);
  }

  DDPStrategy(const Config& config, c10::Device device,
              dist::Communicator* communicator)
      : WholeModelStrategy(device),
        config_(config),
        broadcasts_buffers_(BroadcastsBuffers(config)),
        communicator_(communicator) {}

  absl::Status Prepare(std::shared_ptr<BaseModel> model,
                       const google::protobuf::Any* optim_wrapper,
                       MessageHub* message_hub) override {
    RETURN_IF_ERROR(PlaceModel(std::move(model)));
    if (has_others()) {
      RETURN_IF_ERROR(CheckReplicas(this->model(), *communicator_));
      RETURN_IF_ERROR(BroadcastModel(this->model(), *communicator_));
    }
    RETURN_IF_ERROR(BuildOptimWrapper(optim_wrapper, message_hub));
    if (optim_wrapper == nullptr || !has_others()) return absl::OkStatus();
    if (config_.has_sync_bn()) {
      ASSIGN_OR_RETURN(synchronized_, FindBatchNorms(this->model()));
    }
    for (const auto& [name, optimizer] : this->optim_wrapper()->optimizers()) {
      RETURN_IF_ERROR(optimizer->ShardOver(communicator_));
    }
    return CatchTorchError([&] { ReduceGradients(); });
  }

  Dict ModelStateDict() override {
    // It takes the main rank alone.
    if (!communicator_->is_main_rank()) return {};
    return WholeModelStrategy::ModelStateDict();
  }

  Value OptimStateDict() override {
    if (!has_others()) return WholeModelStrategy::OptimStateDict();
    Value state = Wrapper().state_dict();
    ThrowIfError(
        GatherRankState(optim_wrapper()->optimizers(), *communicator_, &state));
    return communicator_->is_main_rank() ? ToCpu(state) : Value();
  }

  absl::Status LoadOptimStateDict(const Value& state_dict) override {
    Value own = state_dict;
    TakeRankState(optim_wrapper()->optimizers(), *communicator_, &own);
    return WholeModelStrategy::LoadOptimStateDict(own);
  }

  LogVars TrainStep(const Batch& batch) override {
    // As torch does, not inside a window of accumulation.
    if (broadcasts_buffers_ && has_others() && Wrapper().ShouldUpdate()) {
      ThrowIfError(BroadcastBuffers(model(), *communicator_));
    }
    const SyncBatchNormScope scope(synchronized_, communicator_);
    return WholeModelStrategy::TrainStep(batch);
  }

 private:
  bool has_others() const { return communicator_->world_size() > 1; }

  // What reduces the gradients of one optimizer.
  struct Reduction {
    const Optimizer* optimizer;
    // Its parameters that are not frozen.
    std::vector<const void*> trainable;
    // Null where all are.
    std::unique_ptr<GradientReducer> reducer;
  };

  // Puts a reducer around the backward of each optimizer.
  void ReduceGradients() {
    BaseOptimWrapper& wrapper = *optim_wrapper();
    for (const auto& [name, optimizer] : wrapper.optimizers()) {
      reductions_.push_back(std::make_unique<Reduction>());
      Reduction* reduction = reductions_.back().get();
      reduction->optimizer = optimizer;
      MakeReducer(reduction);
      BaseOptimWrapper& own = name.empty() ? wrapper : wrapper[name];
      own.set_backward(
          [this, reduction](const at::Tensor& loss, bool should_sync) {
            // A hook may freeze or unfreeze layers as the run goes on.
            if (Trainable(*reduction->optimizer) != reduction->trainable) {
              ReduceFrozen(*reduction->optimizer);
              MakeReducer(reduction);
            }
            if (reduction->reducer == nullptr) return loss.backward();
            reduction->reducer->Backward(loss, should_sync);
          });
    }
  }

  void MakeReducer(Reduction* reduction) {
    reduction->trainable = Trainable(*reduction->optimizer);
    // The hooks of the one before on parameters go before the new one's come.
    reduction->reducer.reset();
    if (reduction->trainable.empty()) return;
    reduction->reducer = std::make_unique<GradientReducer>(
        config_.model_wrapper(), ToReduce(reduction->trainable),
        communicator_->process_group());
  }

  // Gradients of a window of accumulation whose parameters were frozen in it.
  void ReduceFrozen(const Optimizer& optimizer) {
    for (const ParamGroup& group : optimizer.param_groups()) {
      for (const at::Tensor& param : group.params) {
        if (param.requires_grad() || !param.grad().defined()) continue;
        at::Tensor grad = param.grad();
        ThrowIfError(communicator_->AllReduce(&grad, dist::ReduceOp::kMean));
      }
    }
  }

  static std::vector<const void*> Trainable(const Optimizer& optimizer) {
    std::vector<const void*> trainable;
    for (const ParamGroup& group : optimizer.param_groups()) {
      for (const at::Tensor& param : group.params) {
        if (!param.requires_grad()) continue;
        trainable.push_back(param.unsafeGetTensorImpl());
      }
    }
    return trainable;
  }

  // The parameters in the order of the model's.
  std::vector<GradientReducer::Param> ToReduce(
      const std::vector<const void*>& trainable) {
    std::set<const void*> left(trainable.begin(), trainable.end());
    const std::set<const void*> sparse = SparseParams(model());
    std::vector<GradientReducer::Param> params;
    for (const auto& item : model().named_parameters()) {
      const void* id = item.value().unsafeGetTensorImpl();
      if (left.erase(id) == 0) continue;
      params.push_back({item.key(), item.value(), sparse.count(id) > 0});
    }
    TORCH_CHECK(left.empty(), "the optimizer has ", left.size(),
                " parameters that are not the model's own; register them in "
                "the model, so that the ranks reduce their gradients");
    return params;
  }

  Config config_;
  bool broadcasts_buffers_;
  dist::Communicator* communicator_;
  // Where they stay: backward functions point to them.
  std::vector<std::unique_ptr<Reduction>> reductions_;
  // Empty where they don't synchronise.
  std::vector<BatchNormLayer> synchronized_;
};

ANNEAL_REGISTER(Strategy, DDPStrategy);

}  // namespace
}  // namespace anneal
