#include "dist/broadcast_tensors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/ranks.h"

namespace anneal::dist {
namespace {

TEST(BroadcastTensors, OverwritesTensorsOfEveryDtypeAndLayout) {
  RunRanks(3, [](Communicator& communicator) {
    const auto make = [](double value) {
      return std::vector<at::Tensor>{
          at::full({}, value, at::kLong),
          at::full({3}, value, at::kBFloat16),
          at::full({1}, value, at::kBool),
          at::arange(6).add(value).view({2, 3}).t(),  // not contiguous
          at::full({0, 4}, value),
          at::full({5}, value, at::kDouble),
          at::full({2}, value, at::kComplexFloat),
          at::full({2, 2}, value).requires_grad_()};
    };
    const std::vector<at::Tensor> tensors = make(communicator.rank());

    const absl::Status status =
        BroadcastTensors(communicator, tensors, /*source=*/1);

    ASSERT_TRUE(status.ok()) << status;
    const std::vector<at::Tensor> expected = make(1);
    for (size_t i = 0; i < tensors.size(); ++i) {
      EXPECT_TRUE(at::equal(tensors[i], expected[i])) << i;
    }
  });
}

TEST(BroadcastTensors, MoreThanFitsAtOnceGoesInParts) {
  RunRanks(2, [](Communicator& communicator) {
    std::vector<at::Tensor> tensors;
    for (int i = 0; i < 5; ++i) {
      tensors.push_back(at::full({5 << 20}, i * (1 - communicator.rank())));
    }

    ASSERT_TRUE(BroadcastTensors(communicator, tensors, /*source=*/0).ok());

    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(tensors[i][0].item<float>(), i);
      EXPECT_EQ(tensors[i][-1].item<float>(), i);
    }
  });
}

TEST(BroadcastTensors, RankOutsideTheWorldIsRefused) {
  RunRanks(2, [](Communicator& communicator) {
    const absl::Status status =
        BroadcastTensors(communicator, {at::ones({2})}, /*source=*/2);

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("2"));
  });
}

}  // namespace
}  // namespace anneal::dist
