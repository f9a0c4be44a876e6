#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "dist/communicator.h"
#include "hooks/sync_buffers_hook.pb.h"
#include "model/base_model.h"
#include "strategy/strategy.h"
#include "tests/support/fake_run.h"
#include "tests/support/ranks.h"

namespace anneal {
namespace {

// A buffer that tells its rank.
class Counting : public BaseModel {
 public:
  explicit Counting(int rank)
      : mean(register_buffer("mean", at::full({2}, rank, at::kFloat))),
        count(register_buffer("count", at::full({}, 10 * rank, at::kLong))) {}
  LogVars Loss(const Batch&) override { return {}; }
  Batch Predict(const Batch& batch) override { return batch; }

  at::Tensor mean;
  at::Tensor count;
};

class Holder : public Strategy {
 public:
  explicit Holder(int rank) : model_(std::make_shared<Counting>(rank)) {}
  absl::Status Prepare(std::shared_ptr<BaseModel>, const google::protobuf::Any*,
                       MessageHub*) override {
    return absl::OkStatus();
  }
  LogVars TrainStep(const Batch&) override { return {}; }
  Batch ValStep(const Batch& batch) override { return batch; }
  Batch TestStep(const Batch& batch) override { return batch; }
  Dict ModelStateDict() override { return {}; }
  Value OptimStateDict() override { return {}; }
  absl::Status LoadModelStateDict(const Dict&, StateDictMatch) override {
    return absl::OkStatus();
  }
  absl::Status LoadOptimStateDict(const Value&) override {
    return absl::OkStatus();
  }
  Counting& model() override { return *model_; }
  BaseOptimWrapper* optim_wrapper() override { return nullptr; }
  c10::Device device() const override { return c10::kCPU; }

 private:
  std::shared_ptr<Counting> model_;
};

// A collective of the communicator's that the run takes for its own.
std::unique_ptr<dist::Communicator> GroupOf(dist::Communicator& ranks) {
  std::vector<int> all(ranks.world_size());
  for (int i = 0; i < ranks.world_size(); ++i) all[i] = i;
  return *ranks.NewGroup(all);
}

TEST(SyncBuffersHook, PutsTheMeanIntoEveryBuffer) {
  RunRanks(2, [](dist::Communicator& ranks) {
    FakeRun run(::testing::TempDir() + "/" + std::to_string(ranks.rank()));
    auto strategy = std::make_unique<Holder>(ranks.rank());
    Counting& model = strategy->model();
    run.fake_strategy = std::move(strategy);
    run.fake_communicator = GroupOf(ranks);
    auto hook = *BuildHook(SyncBuffersHookConfig());

    ASSERT_TRUE(hook->AfterTrainEpoch(run).ok());

    EXPECT_TRUE(at::equal(model.mean, at::full({2}, 0.5, at::kFloat)));
    EXPECT_EQ(model.count.item<int64_t>(), 5);
  });
}

TEST(SyncBuffersHook, SyncsBeforeAValidationUnlessAnEpochHasJustEnded) {
  RunRanks(2, [](dist::Communicator& ranks) {
    FakeRun run(::testing::TempDir() + "/" + std::to_string(ranks.rank()));
    auto strategy = std::make_unique<Holder>(ranks.rank());
    Counting& model = strategy->model();
    run.fake_strategy = std::move(strategy);
    run.fake_communicator = GroupOf(ranks);
    auto hook = *BuildHook(SyncBuffersHookConfig());
    const auto mean = [&] { return model.mean[0].item<double>(); };

    ASSERT_TRUE(hook->AfterTrainEpoch(run).ok());
    model.mean.fill_(ranks.rank());
    ASSERT_TRUE(hook->BeforeValEpoch(run).ok());
    EXPECT_EQ(mean(), ranks.rank());
    ASSERT_TRUE(hook->BeforeValEpoch(run).ok());
    EXPECT_EQ(mean(), 0.5);
  });
}

}  // namespace
}  // namespace anneal
