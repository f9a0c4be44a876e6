#include "dist/traced_backend.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>
#include <vector>

namespace anneal::dist {
namespace {

using ::testing::ElementsAre;

using Tensors = std::vector<at::Tensor>;
using TensorLists = std::vector<Tensors>;
using WorkPtr = c10::intrusive_ptr<c10d::Work>;

// Ends when a test says so.
class FakeWork : public c10d::Work {
 public:
  c10::intrusive_ptr<c10::ivalue::Future> getFuture() override {
    return future_;
  }

 private:
  c10::intrusive_ptr<c10::ivalue::Future> future_ =
      c10::make_intrusive<c10::ivalue::Future>(c10::NoneType::get());
};

// Notes what it is asked for.
class FakeBackend : public c10d::Backend {
 public:
  FakeBackend() : Backend(/*rank=*/1, /*size=*/3) {}

  WorkPtr broadcast(Tensors&, const c10d::BroadcastOptions&) override {
    return Begin("broadcast");
  }
  WorkPtr allreduce(Tensors&, const c10d::AllreduceOptions&) override {
    return Begin("allreduce");
  }
  WorkPtr allreduce_sparse(Tensors&, const c10d::AllreduceOptions&) override {
    return Begin("allreduce_sparse");
  }
  WorkPtr allreduce_coalesced(Tensors&,
                              const c10d::AllreduceCoalescedOptions&) override {
    return Begin("allreduce_coalesced");
  }
  WorkPtr reduce(Tensors&, const c10d::ReduceOptions&) override {
    return Begin("reduce");
  }
  WorkPtr allgather(TensorLists&, Tensors&,
                    const c10d::AllgatherOptions&) override {
    return Begin("allgather");
  }
  WorkPtr _allgather_base(at::Tensor&, at::Tensor&,
                          const c10d::AllgatherOptions&) override {
    return Begin("_allgather_base");
  }
  WorkPtr allgather_coalesced(TensorLists&, Tensors&,
                              const c10d::AllgatherOptions&) override {
    return Begin("allgather_coalesced");
  }
  WorkPtr allgather_into_tensor_coalesced(
      Tensors&, Tensors&, const c10d::AllgatherOptions&) override {
    return Begin("allgather_into_tensor_coalesced");
  }
  WorkPtr gather(TensorLists&, Tensors&, const c10d::GatherOptions&) override {
    return Begin("gather");
  }
  WorkPtr scatter(Tensors&, TensorLists&,
                  const c10d::ScatterOptions&) override {
    return Begin("scatter");
  }
  WorkPtr reduce_scatter(Tensors&, TensorLists&,
                         const c10d::ReduceScatterOptions&) override {
    return Begin("reduce_scatter");
  }
  WorkPtr _reduce_scatter_base(at::Tensor&, at::Tensor&,
                               const c10d::ReduceScatterOptions&) override {
    return Begin("_reduce_scatter_base");
  }
  WorkPtr reduce_scatter_tensor_coalesced(
      Tensors&, Tensors&, const c10d::ReduceScatterOptions&) override {
    return Begin("reduce_scatter_tensor_coalesced");
  }
  WorkPtr alltoall_base(at::Tensor&, at::Tensor&, std::vector<int64_t>&,
                        std::vector<int64_t>&,
                        const c10d::AllToAllOptions&) override {
    return Begin("alltoall_base");
  }
  WorkPtr alltoall(Tensors&, Tensors&, const c10d::AllToAllOptions&) override {
    return Begin("alltoall");
  }
  WorkPtr barrier(const c10d::BarrierOptions&) override {
    return Begin("barrier");
  }
  WorkPtr send(Tensors&, int, int) override { return Begin("send"); }
  WorkPtr recv(Tensors&, int, int) override { return Begin("recv"); }
  WorkPtr recvAnysource(Tensors&, int) override {
    return Begin("recvAnysource");
  }
  const std::string getBackendName() const override { return "fake"; }
  void abort() override { calls.push_back("abort"); }
  void shutdown() override { calls.push_back("shutdown"); }

  std::vector<std::string> calls;
  c10::intrusive_ptr<FakeWork> work = c10::make_intrusive<FakeWork>();
  bool refuses = false;

 private:
  WorkPtr Begin(const char* call) {
    calls.push_back(call);
    if (refuses) throw std::runtime_error("refused");
    return work;
  }
};

struct Traces {
  CollectiveTrace trace;
  c10::intrusive_ptr<FakeBackend> fake = c10::make_intrusive<FakeBackend>();
  c10::intrusive_ptr<c10d::Backend> backend = TracedBackend(fake, &trace);
};

struct Collective {
  // The backend's.
  const char* call;
  // Begins it with a float tensor of 6 elements, `one`, and one of 2.
  void (*begin)(c10d::Backend& backend, at::Tensor one, at::Tensor two);
  const char* what;
};

class TracedCollective : public ::testing::TestWithParam<Collective> {};

TEST_P(TracedCollective, IsUnderWayUntilItsWorkEnds) {
  Traces t;

  GetParam().begin(*t.backend, at::zeros({2, 3}), at::zeros({2}));

  EXPECT_THAT(t.fake->calls, ElementsAre(GetParam().call));
  EXPECT_EQ(t.trace.What(1), GetParam().what);
  EXPECT_EQ(t.trace.standing().entered, 1);
  EXPECT_EQ(t.trace.standing().finished, 0);
  t.fake->work->getFuture()->markCompleted();
  EXPECT_EQ(t.trace.standing().finished, 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, TracedCollective,
    ::testing::Values(
        Collective{"broadcast",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor) {
                     Tensors tensors = {one};
                     backend.broadcast(tensors, {});
                   },
                   "broadcast Float [6]"},
        Collective{"allreduce",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor) {
                     Tensors tensors = {one};
                     backend.allreduce(tensors, {});
                   },
                   "all_reduce Float [6]"},
        Collective{"allreduce_sparse",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor) {
                     Tensors tensors = {one};
                     backend.allreduce_sparse(tensors, {});
                   },
                   "all_reduce_sparse"},
        Collective{"allreduce_coalesced",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     Tensors tensors = {one, two};
                     backend.allreduce_coalesced(tensors, {});
                   },
                   "all_reduce_coalesced Float [8]"},
        Collective{"reduce",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor) {
                     Tensors tensors = {one};
                     backend.reduce(tensors, {});
                   },
                   "reduce Float [6]"},
        Collective{"allgather",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     TensorLists outputs = {{one, one, one}};
                     Tensors inputs = {two};
                     backend.allgather(outputs, inputs, {});
                   },
                   "all_gather Float [2]"},
        Collective{"_allgather_base",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     backend._allgather_base(one, two, {});
                   },
                   "all_gather_into_tensor Float [2]"},
        Collective{"allgather_coalesced",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     TensorLists outputs = {{one}};
                     Tensors inputs = {two};
                     backend.allgather_coalesced(outputs, inputs, {});
                   },
                   "all_gather_coalesced Float [2]"},
        Collective{"allgather_into_tensor_coalesced",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     Tensors outputs = {one};
                     Tensors inputs = {two};
                     backend.allgather_into_tensor_coalesced(outputs, inputs,
                                                             {});
                   },
                   "all_gather_into_tensor_coalesced Float [2]"},
        // Only the destination has outputs.
        Collective{"gather",
                   [](c10d::Backend& backend, at::Tensor, at::Tensor two) {
                     TensorLists outputs;
                     Tensors inputs = {two};
                     backend.gather(outputs, inputs, {});
                   },
                   "gather Float [2]"},
        // Only the source has inputs.
        Collective{"scatter",
                   [](c10d::Backend& backend, at::Tensor, at::Tensor two) {
                     Tensors outputs = {two};
                     TensorLists inputs;
                     backend.scatter(outputs, inputs, {});
                   },
                   "scatter Float [2]"},
        Collective{"reduce_scatter",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     Tensors outputs = {two};
                     TensorLists inputs = {{one}};
                     backend.reduce_scatter(outputs, inputs, {});
                   },
                   "reduce_scatter Float [2]"},
        Collective{"_reduce_scatter_base",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     backend._reduce_scatter_base(two, one, {});
                   },
                   "reduce_scatter_tensor Float [2]"},
        Collective{"reduce_scatter_tensor_coalesced",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     Tensors outputs = {two};
                     Tensors inputs = {one};
                     backend.reduce_scatter_tensor_coalesced(outputs, inputs,
                                                             {});
                   },
                   "reduce_scatter_tensor_coalesced Float [2]"},
        Collective{"alltoall_base",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     std::vector<int64_t> sizes;
                     backend.alltoall_base(one, two, sizes, sizes, {});
                   },
                   "all_to_all_single"},
        Collective{"alltoall",
                   [](c10d::Backend& backend, at::Tensor one, at::Tensor two) {
                     Tensors outputs = {one};
                     Tensors inputs = {two};
                     backend.alltoall(outputs, inputs, {});
                   },
                   "all_to_all"},
        Collective{"barrier",
                   [](c10d::Backend& backend, at::Tensor, at::Tensor) {
                     backend.barrier({});
                   },
                   "barrier"}),
    [](const auto& info) { return std::string(info.param.call); });

TEST(TracedBackend, CollectiveThatFailedIsUnderWayForEver) {
  Traces t;
  Tensors tensors = {at::zeros({4})};
  t.backend->allreduce(tensors, {});

  t.fake->work->getFuture()->setError(
      std::make_exception_ptr(std::runtime_error("a peer is gone")));

  EXPECT_EQ(t.trace.standing().entered, 1);
  EXPECT_EQ(t.trace.standing().finished, 0);
}

TEST(TracedBackend, CollectiveThatIsRefusedIsNotUnderWay) {
  Traces t;
  t.fake->refuses = true;
  Tensors tensors = {at::zeros({4})};

  EXPECT_THROW(t.backend->allreduce(tensors, {}), std::runtime_error);

  EXPECT_EQ(t.trace.standing().entered, 1);
  EXPECT_EQ(t.trace.standing().finished, 1);
}

TEST(TracedBackend, CollectiveOfNoTensorsIsItsNameAlone) {
  Traces t;
  Tensors none;

  t.backend->allreduce_coalesced(none, {});

  EXPECT_EQ(t.trace.What(1), "all_reduce_coalesced");
}

TEST(TracedBackend, MessagesFromRankToRankAreNotEntered) {
  Traces t;
  Tensors tensors = {at::zeros({4})};

  t.backend->send(tensors, 0, 0);
  t.backend->recv(tensors, 0, 0);
  t.backend->recvAnysource(tensors, 0);

  EXPECT_THAT(t.fake->calls, ElementsAre("send", "recv", "recvAnysource"));
  EXPECT_EQ(t.trace.standing().entered, 0);
}

TEST(TracedBackend, IsTheBackendInAllElse) {
  Traces t;

  EXPECT_EQ(t.backend->getRank(), 1);
  EXPECT_EQ(t.backend->getSize(), 3);
  EXPECT_EQ(t.backend->getBackendName(), "fake");
  t.backend->abort();
  t.backend->shutdown();
  EXPECT_THAT(t.fake->calls, ElementsAre("abort", "shutdown"));
}

}  // namespace
}  // namespace anneal::dist
