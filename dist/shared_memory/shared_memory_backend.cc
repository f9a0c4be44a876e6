#include "dist/shared_memory/shared_memory_backend.h"

#include <ATen/core/Tensor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <torch/csrc/distributed/c10d/Utils.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/shared_memory/collective_arguments.h"
#include "dist/shared_memory/collective_queue.h"
#include "dist/shared_memory/shared_memory_collectives.h"
#include "dist/shared_memory/tensor_collectives.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

using c10d::OpType;
using WorkPtr = c10::intrusive_ptr<c10d::Work>;

constexpr char kName[] = "shm";

// One part a rank along dimension 0: of these sizes, or equal ones.
Tensors Split(const at::Tensor& tensor, const std::vector<int64_t>& sizes,
              int num_ranks) {
  c10d::checkSplitSizes(sizes, tensor, num_ranks);
  Tensors parts;
  int64_t begin = 0;
  for (int rank = 0; rank < num_ranks; ++rank) {
    const int64_t length =
        sizes.empty() ? tensor.size(0) / num_ranks : sizes[rank];
    parts.push_back(tensor.narrow(0, begin, length));
    begin += length;
  }
  return parts;
}

class SharedMemoryBackend : public c10d::Backend {
 public:
  SharedMemoryBackend(std::unique_ptr<SharedMemoryCollectives> memory,
                      std::chrono::milliseconds timeout)
      : Backend(memory->rank(), memory->size()),
        options_(c10::make_intrusive<Options>(kName, timeout)),
        memory_(std::move(memory)),
        collectives_(memory_.get()) {}

  const std::string getBackendName() const override { return kName; }
  c10::intrusive_ptr<Options> getBackendOptions() override { return options_; }
  void setTimeout(std::chrono::milliseconds timeout) override {
    options_->timeout = timeout;
  }
  // Every collective compares what the ranks do: nothing to agree on first.
  void setSequenceNumberForGroup() override {}
  uint64_t getSequenceNumberForGroup() override { return num_submitted_; }
  void abort() override {
    memory_->Break(absl::AbortedError(
        absl::StrCat("rank ", rank_, " aborted its collectives")));
  }
  void shutdown() override { queue_.Stop(); }

  WorkPtr allreduce(Tensors& tensors,
                    const c10d::AllreduceOptions& options) override {
    const Call call = CallOf(OpType::ALLREDUCE, "shm:all_reduce", options);
    const at::Tensor tensor = call.arguments.Only(tensors);
    const Reduction op = options.reduceOp;
    call.arguments.CheckReduces(op, tensor);
    return Submit(call, Describe(op, tensor), tensors, tensors,
                  [=] { return collectives_.AllReduce(op, tensor); });
  }

  WorkPtr allreduce_coalesced(
      Tensors& tensors,
      const c10d::AllreduceCoalescedOptions& options) override {
    const Call call = CallOf(OpType::ALLREDUCE_COALESCED,
                             "shm:all_reduce_coalesced", options);
    const Reduction op = options.reduceOp;
    call.arguments.CheckNotEmpty(tensors);
    for (const at::Tensor& tensor : tensors) {
      call.arguments.CheckTensor(tensor, tensors[0].scalar_type(),
                                 tensor.numel());
      call.arguments.CheckReduces(op, tensor);
    }
    return Submit(call,
                  absl::StrCat(ReductionName(op), " of ", Describe(tensors)),
                  tensors, tensors,
                  [=] { return collectives_.AllReduceCoalesced(op, tensors); });
  }

  WorkPtr reduce(Tensors& tensors,
                 const c10d::ReduceOptions& options) override {
    const Call call = CallOf(OpType::REDUCE, "shm:reduce", options);
    const at::Tensor tensor = call.arguments.Only(tensors);
    const Reduction op = options.reduceOp;
    const int64_t root = options.rootRank;
    call.arguments.CheckReduces(op, tensor);
    call.arguments.CheckRoot(root);
    return Submit(call, absl::StrCat(Describe(op, tensor), " to rank ", root),
                  tensors, tensors, [=] {
                    return collectives_.AllReduce(op, tensor, root == rank_);
                  });
  }

  WorkPtr broadcast(Tensors& tensors,
                    const c10d::BroadcastOptions& options) override {
    const Call call = CallOf(OpType::BROADCAST, "shm:broadcast", options);
    const at::Tensor tensor = call.arguments.Only(tensors);
    const int64_t root = options.rootRank;
    call.arguments.CheckRoot(root);
    return Submit(call, absl::StrCat(Describe(tensor), " of rank ", root),
                  tensors, tensors,
                  [=] { return collectives_.Broadcast(tensor, root); });
  }

  WorkPtr allgather(std::vector<Tensors>& outputs, Tensors& inputs,
                    const c10d::AllgatherOptions& options) override {
    const Call call = CallOf(OpType::ALLGATHER, "shm:all_gather", options);
    const at::Tensor input = call.arguments.Only(inputs);
    const Tensors list = call.arguments.OnePerRank(outputs, input);
    return Submit(call, Describe(input), inputs, list,
                  [=] { return collectives_.Gather(input, list); });
  }

  WorkPtr _allgather_base(at::Tensor& output, at::Tensor& input,
                          const c10d::AllgatherOptions& options) override {
    return GatherInto(
        CallOf(OpType::_ALLGATHER_BASE, "shm:all_gather_into_tensor", options),
        {output}, {input});
  }

  WorkPtr allgather_into_tensor_coalesced(
      Tensors& outputs, Tensors& inputs,
      const c10d::AllgatherOptions& options) override {
    return GatherInto(CallOf(OpType::COALESCED,
                             "shm:all_gather_into_tensor_coalesced", options),
                      outputs, inputs);
  }

  WorkPtr gather(std::vector<Tensors>& outputs, Tensors& inputs,
                 const c10d::GatherOptions& options) override {
    const Call call = CallOf(OpType::GATHER, "shm:gather", options);
    const at::Tensor input = call.arguments.Only(inputs);
    const int64_t root = options.rootRank;
    call.arguments.CheckRoot(root);
    const Tensors list =
        call.arguments.OnePerRankAtRoot(outputs, input, root == rank_);
    return Submit(call, absl::StrCat(Describe(input), " to rank ", root),
                  inputs, root == rank_ ? list : Tensors(),
                  [=] { return collectives_.Gather(input, list); });
  }

  WorkPtr scatter(Tensors& outputs, std::vector<Tensors>& inputs,
                  const c10d::ScatterOptions& options) override {
    const Call call = CallOf(OpType::SCATTER, "shm:scatter", options);
    const at::Tensor output = call.arguments.Only(outputs);
    const int64_t root = options.rootRank;
    call.arguments.CheckRoot(root);
    const Tensors list =
        call.arguments.OnePerRankAtRoot(inputs, output, root == rank_);
    Tensors from_root(size_);
    from_root[root] = output;
    return Submit(call, absl::StrCat(Describe(output), " of rank ", root),
                  root == rank_ ? list : Tensors(), outputs,
                  [=] { return collectives_.Exchange(list, from_root); });
  }

  WorkPtr reduce_scatter(Tensors& outputs, std::vector<Tensors>& inputs,
                         const c10d::ReduceScatterOptions& options) override {
    const Call call =
        CallOf(OpType::REDUCE_SCATTER, "shm:reduce_scatter", options);
    const at::Tensor output = call.arguments.Only(outputs);
    const Tensors list = call.arguments.OnePerRank(inputs, output);
    const Reduction op = options.reduceOp;
    call.arguments.CheckReduces(op, output);
    return Submit(call, Describe(op, output), list, outputs,
                  [=] { return collectives_.ReduceScatter(op, list, output); });
  }

  WorkPtr _reduce_scatter_base(
      at::Tensor& output, at::Tensor& input,
      const c10d::ReduceScatterOptions& options) override {
    return ReduceScatterFrom(CallOf(OpType::_REDUCE_SCATTER_BASE,
                                    "shm:reduce_scatter_tensor", options),
                             options.reduceOp, {output}, {input});
  }

  WorkPtr reduce_scatter_tensor_coalesced(
      Tensors& outputs, Tensors& inputs,
      const c10d::ReduceScatterOptions& options) override {
    return ReduceScatterFrom(
        CallOf(OpType::COALESCED, "shm:reduce_scatter_tensor_coalesced",
               options),
        options.reduceOp, outputs, inputs);
  }

  WorkPtr alltoall(Tensors& outputs, Tensors& inputs,
                   const c10d::AllToAllOptions& options) override {
    return Exchange(CallOf(OpType::ALLTOALL, "shm:all_to_all", options),
                    outputs, inputs);
  }

  WorkPtr alltoall_base(at::Tensor& output, at::Tensor& input,
                        std::vector<int64_t>& output_sizes,
                        std::vector<int64_t>& input_sizes,
                        const c10d::AllToAllOptions& options) override {
    return Exchange(
        CallOf(OpType::ALLTOALL_BASE, "shm:all_to_all_single", options),
        Split(output, output_sizes, size_), Split(input, input_sizes, size_));
  }

  WorkPtr barrier(const c10d::BarrierOptions& options) override {
    return Submit(CallOf(OpType::BARRIER, "shm:barrier", options), "of all", {},
                  {}, [=] { return collectives_.Barrier(); });
  }

  // Every failure names the rank, a barrier's too.
  void monitoredBarrier(const c10d::BarrierOptions& options, bool) override {
    barrier(options)->wait();
  }

 private:
  // What all calls have.
  struct Call {
    OpType type;
    CollectiveArguments arguments;
    std::chrono::milliseconds timeout;
    bool is_async;
  };

  template <typename CallOptions>
  Call CallOf(OpType type, const char* title,
              const CallOptions& options) const {
    return {type, CollectiveArguments(title, size_), options.timeout,
            options.asyncOp};
  }

  WorkPtr GatherInto(const Call& call, const Tensors& outputs,
                     const Tensors& inputs) {
    call.arguments.CheckParts(inputs, outputs);
    return Submit(call, Describe(inputs), inputs, outputs, [=] {
      for (size_t i = 0; i < inputs.size(); ++i) {
        RETURN_IF_ERROR(collectives_.GatherInto(inputs[i], outputs[i]));
      }
      return absl::OkStatus();
    });
  }

  WorkPtr ReduceScatterFrom(const Call& call, Reduction op,
                            const Tensors& outputs, const Tensors& inputs) {
    call.arguments.CheckParts(outputs, inputs);
    for (const at::Tensor& tensor : inputs) {
      call.arguments.CheckReduces(op, tensor);
    }
    return Submit(call,
                  absl::StrCat(ReductionName(op), " of ", Describe(inputs)),
                  inputs, outputs, [=] {
                    for (size_t i = 0; i < inputs.size(); ++i) {
                      RETURN_IF_ERROR(collectives_.ReduceScatterFrom(
                          op, inputs[i], outputs[i]));
                    }
                    return absl::OkStatus();
                  });
  }

  WorkPtr Exchange(const Call& call, const Tensors& outputs,
                   const Tensors& inputs) {
    call.arguments.CheckOnePerRank(inputs);
    call.arguments.CheckOnePerRank(outputs);
    return Submit(call, c10::toString(inputs[0].scalar_type()), inputs, outputs,
                  [=] { return collectives_.Exchange(inputs, outputs); });
  }

  WorkPtr Submit(const Call& call, absl::string_view what, Tensors inputs,
                 Tensors outputs, std::function<absl::Status()> run) {
    ++num_submitted_;
    const absl::Duration timeout = absl::FromChrono(
        call.timeout == c10d::kUnsetTimeout ? options_->timeout : call.timeout);
    auto announced = [this,
                      text = absl::StrCat(call.arguments.title(), " ", what),
                      timeout, run = std::move(run)] {
      memory_->Announce(text, timeout);
      const absl::Status status = CatchTorchError(run);
      // From here on this rank is out of step.
      if (!status.ok()) {
        memory_->Break(absl::Status(
            status.code(),
            absl::StrCat("rank ", rank_, ": ", text, ": ", status.message())));
      }
      return status;
    };
    return queue_.Submit({call.type, call.arguments.title(), std::move(inputs),
                          std::move(outputs), std::move(announced)},
                         call.is_async);
  }

  const c10::intrusive_ptr<Options> options_;
  const std::unique_ptr<SharedMemoryCollectives> memory_;
  TensorCollectives collectives_;
  uint64_t num_submitted_ = 0;
  CollectiveQueue queue_;  // the first to go: it runs the others
};

}  // namespace

absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeSharedMemoryBackend(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
    absl::Duration timeout) {
  ASSIGN_OR_RETURN(
      std::unique_ptr<SharedMemoryCollectives> memory,
      SharedMemoryCollectives::Create(*store, rank, size, timeout));
  return c10::make_intrusive<SharedMemoryBackend>(
      std::move(memory), absl::ToChronoMilliseconds(timeout));
}

}  // namespace anneal::dist
