#include "strategy/replicas.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <functional>
#include <string>

#include "dist/communicator.h"
#include "tests/support/ranks.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

struct Net : torch::nn::Module {
  explicit Net(double value)
      : weight(register_parameter("weight", at::full({2, 3}, value))),
        scale(register_parameter("scale", at::full({2}, value, at::kDouble))),
        mean(register_buffer("mean", at::full({2}, value))) {}

  at::Tensor weight;
  at::Tensor scale;
  at::Tensor mean;
};

TEST(Replicas, OfOneModelPass) {
  RunRanks(3, [](dist::Communicator& communicator) {
    const absl::Status status =
        CheckReplicas(Net(communicator.rank()), communicator);

    EXPECT_TRUE(status.ok()) << status;
  });
}

struct Change {
  const char* name;
  std::function<void(Net*)> of_last_rank;
  const char* message;
};

class ReplicasThatDiffer : public ::testing::TestWithParam<Change> {};

TEST_P(ReplicasThatDiffer, AreNamedOnEveryRank) {
  RunRanks(3, [](dist::Communicator& communicator) {
    Net net(1);
    if (communicator.rank() == 2) GetParam().of_last_rank(&net);

    const absl::Status status = CheckReplicas(net, communicator);

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
  });
}

INSTANTIATE_TEST_SUITE_P(
    Changes, ReplicasThatDiffer,
    ::testing::Values(
        Change{"Shape",
               [](Net* net) {
                 net->weight.set_data(at::full({2, 4}, 1.0));
               },
               "rank 0 has parameter weight Float[2, 3], rank 2 has parameter "
               "weight Float[2, 4]; build the same"},
        Change{"Dtype",
               [](Net* net) { net->mean.set_data(net->mean.to(at::kHalf)); },
               "rank 0 has buffer mean Float[2], rank 2 has buffer mean "
               "Half[2]"},
        Change{"Frozen", [](Net* net) { net->scale.set_requires_grad(false); },
               "rank 2 has parameter scale Double[2], frozen;"},
        Change{
            "More",
            [](Net* net) { net->register_buffer("var", at::full({2}, 1.0)); },
            "rank 0 has no more, rank 2 has buffer var"},
        Change{"Name",
               [](Net* net) {
                 net->register_parameter("bias", at::full({2}, 1.0));
               },
               "rank 0 has buffer mean Float[2], rank 2 has parameter bias"}),
    [](const auto& info) { return info.param.name; });

TEST(Replicas, BecomeRankZeros) {
  RunRanks(3, [](dist::Communicator& communicator) {
    const Net net(communicator.rank() + 1);

    ASSERT_TRUE(BroadcastModel(net, communicator).ok());

    EXPECT_TRUE(at::equal(net.weight, at::full({2, 3}, 1.0)));
    EXPECT_TRUE(at::equal(net.scale, at::full({2}, 1, at::kDouble)));
    EXPECT_TRUE(at::equal(net.mean, at::full({2}, 1.0)));
    EXPECT_TRUE(net.weight.requires_grad());
  });
}

TEST(Replicas, BuffersAloneBecomeRankZeros) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const Net net(communicator.rank() + 1);

    ASSERT_TRUE(BroadcastBuffers(net, communicator).ok());

    EXPECT_EQ(net.weight[0][0].item<double>(), communicator.rank() + 1);
    EXPECT_TRUE(at::equal(net.mean, at::full({2}, 1.0)));
  });
}

}  // namespace
}  // namespace anneal
