#include "dist/traced_backend.h"

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>
#include <utility>
#include <vector>

namespace anneal::dist {
namespace {

using Tensors = std::vector<at::Tensor>;
using TensorLists = std::vector<Tensors>;
using WorkPtr = c10::intrusive_ptr<c10d::Work>;

class Traced : public c10d::Backend {
 public:
  Traced(c10::intrusive_ptr<c10d::Backend> backend, CollectiveTrace* trace)
      : Backend(backend->getRank(), backend->getSize()),
        backend_(std::move(backend)),
        trace_(trace) {}

  WorkPtr broadcast(Tensors& tensors,
                    const c10d::BroadcastOptions& options) override {
    return Enter("broadcast", tensors,
                 [&] { return backend_->broadcast(tensors, options); });
  }
  WorkPtr allreduce(Tensors& tensors,
                    const c10d::AllreduceOptions& options) override {
    return Enter("all_reduce", tensors,
                 [&] { return backend_->allreduce(tensors, options); });
  }
  WorkPtr allreduce_sparse(Tensors& tensors,
                           const c10d::AllreduceOptions& options) override {
    return Enter("all_reduce_sparse", {},
                 [&] { return backend_->allreduce_sparse(tensors, options); });
  }
  WorkPtr allreduce_coalesced(
      Tensors& tensors,
      const c10d::AllreduceCoalescedOptions& options) override {
    return Enter("all_reduce_coalesced", tensors, [&] {
      return backend_->allreduce_coalesced(tensors, options);
    });
  }
  WorkPtr reduce(Tensors& tensors,
                 const c10d::ReduceOptions& options) override {
    return Enter("reduce", tensors,
                 [&] { return backend_->reduce(tensors, options); });
  }
  WorkPtr allgather(TensorLists& outputs, Tensors& inputs,
                    const c10d::AllgatherOptions& options) override {
    return Enter("all_gather", inputs,
                 [&] { return backend_->allgather(outputs, inputs, options); });
  }
  WorkPtr _allgather_base(at::Tensor& output, at::Tensor& input,
                          const c10d::AllgatherOptions& options) override {
    return Enter("all_gather_into_tensor", {input}, [&] {
      return backend_->_allgather_base(output, input, options);
    });
  }
  WorkPtr allgather_coalesced(TensorLists& outputs, Tensors& inputs,
                              const c10d::AllgatherOptions& options) override {
    return Enter("all_gather_coalesced", inputs, [&] {
      return backend_->allgather_coalesced(outputs, inputs, options);
    });
  }
  WorkPtr allgather_into_tensor_coalesced(
      Tensors& outputs, Tensors& inputs,
      const c10d::AllgatherOptions& options) override {
    return Enter("all_gather_into_tensor_coalesced", inputs, [&] {
      return backend_->allgather_into_tensor_coalesced(outputs, inputs,
                                                       options);
    });
  }
  WorkPtr gather(TensorLists& outputs, Tensors& inputs,
                 const c10d::GatherOptions& options) override {
    return Enter("gather", inputs,
                 [&] { return backend_->gather(outputs, inputs, options); });
  }
  WorkPtr scatter(Tensors& outputs, TensorLists& inputs,
                  const c10d::ScatterOptions& options) override {
    return Enter("scatter", outputs,
                 [&] { return backend_->scatter(outputs, inputs, options); });
  }
  WorkPtr reduce_scatter(Tensors& outputs, TensorLists& inputs,
                         const c10d::ReduceScatterOptions& options) override {
    return Enter("reduce_scatter", outputs, [&] {
      return backend_->reduce_scatter(outputs, inputs, options);
    });
  }
  WorkPtr _reduce_scatter_base(
      at::Tensor& output, at::Tensor& input,
      const c10d::ReduceScatterOptions& options) override {
    return Enter("reduce_scatter_tensor", {output}, [&] {
      return backend_->_reduce_scatter_base(output, input, options);
    });
  }
  WorkPtr reduce_scatter_tensor_coalesced(
      Tensors& outputs, Tensors& inputs,
      const c10d::ReduceScatterOptions& options) override {
    return Enter("reduce_scatter_tensor_coalesced", outputs, [&] {
      return backend_->reduce_scatter_tensor_coalesced(outputs, inputs,
                                                       options);
    });
  }
  // What is sent to each rank need not be the same on all.
  WorkPtr alltoall_base(at::Tensor& output, at::Tensor& input,
                        std::vector<int64_t>& output_sizes,
                        std::vector<int64_t>& input_sizes,
                        const c10d::AllToAllOptions& options) override {
    return Enter("all_to_all_single", {}, [&] {
      return backend_->alltoall_base(output, input, output_sizes, input_sizes,
                                     options);
    });
  }
  WorkPtr alltoall(Tensors& outputs, Tensors& inputs,
                   const c10d::AllToAllOptions& options) override {
    return Enter("all_to_all", {},
                 [&] { return backend_->alltoall(outputs, inputs, options); });
  }
  WorkPtr barrier(const c10d::BarrierOptions& options) override {
    return Enter("barrier", {}, [&] { return backend_->barrier(options); });
  }

  WorkPtr send(Tensors& tensors, int destination, int tag) override {
    return backend_->send(tensors, destination, tag);
  }
  WorkPtr recv(Tensors& tensors, int source, int tag) override {
    return backend_->recv(tensors, source, tag);
  }
  WorkPtr recvAnysource(Tensors& tensors, int tag) override {
    return backend_->recvAnysource(tensors, tag);
  }

  const std::string getBackendName() const override {
    return backend_->getBackendName();
  }
  c10::intrusive_ptr<Options> getBackendOptions() override {
    return backend_->getBackendOptions();
  }
  bool supportsCoalescing() const override {
    return backend_->supportsCoalescing();
  }
  void startCoalescing() override { backend_->startCoalescing(); }
  WorkPtr endCoalescing() override { return backend_->endCoalescing(); }
  void setTimeout(std::chrono::milliseconds timeout) override {
    backend_->setTimeout(timeout);
  }
  void setSequenceNumberForGroup() override {
    backend_->setSequenceNumberForGroup();
  }
  uint64_t getSequenceNumberForGroup() override {
    return backend_->getSequenceNumberForGroup();
  }
  void waitForPendingWorks() override { backend_->waitForPendingWorks(); }
  void eagerConnectSingleDevice(at::Device device) override {
    backend_->eagerConnectSingleDevice(device);
  }
  c10d::ErrorType getError() override { return backend_->getError(); }
  void abort() override { backend_->abort(); }
  void shutdown() override { backend_->shutdown(); }

 private:
  // Runs a collective whose `tensors` have one size on all ranks.
  template <typename Fn>
  WorkPtr Enter(const char* name, const Tensors& tensors, Fn&& run) {
    char what[CollectiveTrace::kMaxWhat + 1];
    if (tensors.empty() || !tensors[0].defined()) {
      std::snprintf(what, sizeof(what), "%s", name);
    } else {
      int64_t numel = 0;
      for (const at::Tensor& tensor : tensors) numel += tensor.numel();
      std::snprintf(what, sizeof(what), "%s %s [%lld]", name,
                    c10::toString(tensors[0].scalar_type()),
                    static_cast<long long>(numel));
    }
    const int64_t sequence = trace_->Enter(what);
    WorkPtr work;
    try {
      work = run();
    } catch (...) {
      // Refused, so not begun.
      trace_->Leave(sequence);
      throw;
    }
    work->getFuture()->addCallback(
        [trace = trace_, sequence](c10::ivalue::Future& future) {
          if (!future.hasError()) trace->Leave(sequence);
        });
    return work;
  }

  const c10::intrusive_ptr<c10d::Backend> backend_;
  CollectiveTrace* const trace_;
};

}  // namespace

c10::intrusive_ptr<c10d::Backend> TracedBackend(
    c10::intrusive_ptr<c10d::Backend> backend, CollectiveTrace* trace) {
  return c10::make_intrusive<Traced>(std::move(backend), trace);
}

}  // namespace anneal::dist
