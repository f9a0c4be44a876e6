// The stock c10d::Reducer over shared memory: data parallel training.

#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <unordered_map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/shared_memory/shared_memory_backend.h"
#include "tests/support/forked_processes.h"

namespace anneal::dist {
namespace {

using Tensors = std::vector<at::Tensor>;
using BackendType = c10d::ProcessGroup::BackendType;

c10::intrusive_ptr<c10d::ProcessGroup> GroupOf(
    const c10::intrusive_ptr<c10d::Store>& store,
    const c10::intrusive_ptr<c10d::Backend>& backend, BackendType type) {
  auto group = c10::make_intrusive<c10d::ProcessGroup>(
      store, backend->getRank(), backend->getSize());
  group->setBackend(at::kCPU, type, backend);
  group->setDefaultBackend(type);
  group->setGroupName(backend->getBackendName());
  return group;
}

// The weights after ten steps of a small MLP on this rank's quarter of each
// batch.
Tensors Train(const c10::intrusive_ptr<c10d::ProcessGroup>& group) {
  torch::manual_seed(0);
  torch::nn::Sequential model(torch::nn::Linear(8, 300), torch::nn::ReLU(),
                              torch::nn::Linear(300, 300), torch::nn::ReLU(),
                              torch::nn::Linear(300, 4));
  const Tensors params = model->parameters();
  // Buckets small enough that there are several.
  const auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(
      params, {size_t{1} << 10, size_t{100} << 10});
  EXPECT_GE(buckets.size(), 3);
  std::unordered_map<size_t, std::string> names;
  for (size_t i = 0; i < params.size(); ++i) names[i] = absl::StrCat(i);
  auto reducer = std::make_shared<c10d::Reducer>(
      params,
      std::vector<std::vector<size_t>>(buckets.rbegin(), buckets.rend()), group,
      std::vector<bool>(params.size(), false), int64_t{100} << 10,
      /*find_unused_parameters=*/false, /*gradient_as_bucket_view=*/true, names,
      int64_t{1} << 10, false, false, std::vector<int64_t>());
  torch::optim::SGD optimizer(params, 0.1);

  for (int step = 0; step < 10; ++step) {
    torch::manual_seed(100 + step);
    const at::Tensor batch = at::randn({12, 8});
    for (const at::Tensor& param : params) param.mutable_grad().reset();
    reducer->prepare_for_forward();
    const at::Tensor output =
        model->forward(batch.chunk(group->getSize())[group->getRank()]);
    reducer->prepare_for_backward({});
    output.square().mean().backward();
    optimizer.step();
  }
  Tensors weights;
  for (const at::Tensor& param : params) weights.push_back(param.detach());
  return weights;
}

struct Case {
  int size;
  // Two numbers have one sum, whatever their order.
  bool is_bitwise;
};

class ReducerOverSharedMemory : public ::testing::TestWithParam<Case> {};

TEST_P(ReducerOverSharedMemory, TrainsToGloosWeights) {
  const auto [size, is_bitwise] = GetParam();
  const std::string path = absl::StrCat(::testing::TempDir(), "store", size);

  const std::vector<int> ends = RunForked(size, [&](int rank) {
    const c10::intrusive_ptr<c10d::Store> store =
        c10::make_intrusive<c10d::FileStore>(path, size);
    auto options = c10d::ProcessGroupGloo::Options::create();
    options->devices.push_back(
        c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1"));
    const auto gloo = GroupOf(
        store,
        c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options),
        BackendType::GLOO);
    auto backend = MakeSharedMemoryBackend(
        c10::make_intrusive<c10d::PrefixStore>("shm", store), rank, size,
        absl::Minutes(1));
    ASSERT_TRUE(backend.ok()) << backend.status();
    const auto shm = GroupOf(store, *backend, BackendType::CUSTOM);

    const Tensors expected = Train(gloo);
    const Tensors weights = Train(shm);
    const Tensors again = Train(shm);

    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_TRUE(weights[i].equal(again[i])) << i;
      if (is_bitwise) {
        EXPECT_TRUE(weights[i].equal(expected[i])) << i;
      } else {
        EXPECT_TRUE(weights[i].allclose(expected[i], 1e-5, 1e-6)) << i;
      }
      // All ranks hold the same.
      Tensors first = {weights[i].clone()};
      shm->broadcast(first)->wait();
      EXPECT_TRUE(weights[i].equal(first[0])) << i;
    }
  });

  EXPECT_THAT(ends, ::testing::Each(0));
}

INSTANTIATE_TEST_SUITE_P(Sizes, ReducerOverSharedMemory,
                         ::testing::Values(Case{2, true}, Case{3, false},
                                           Case{4, false}),
                         [](const auto& info) {
                           return absl::StrCat("Of", info.param.size);
                         });

}  // namespace
}  // namespace anneal::dist
