#include "dist/shared_memory/collective_arguments.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;
using ReduceOp = c10d::ReduceOp;

const CollectiveArguments kArguments("shm:test", 2);

TEST(CollectiveArguments, GiveBackWhatIsRight) {
  const at::Tensor tensor = at::zeros({2, 3});

  EXPECT_TRUE(kArguments.Only({tensor}).is_same(tensor));
  EXPECT_EQ(kArguments.OnePerRank({{tensor, tensor}}, tensor).size(), 2);
  EXPECT_EQ(
      kArguments.OnePerRankAtRoot({{tensor, tensor}}, tensor, true).size(), 2);
  const Tensors none = kArguments.OnePerRankAtRoot({}, tensor, false);
  ASSERT_EQ(none.size(), 2);
  EXPECT_FALSE(none[0].defined());
  kArguments.CheckRoot(1);
  kArguments.CheckParts({tensor}, {at::zeros({12})});
  kArguments.CheckReduces(ReduceOp::SUM, tensor);
}

TEST(CollectiveArguments, DescribeTensorsByNumberAndDtype) {
  const at::Tensor tensor = at::zeros({2, 3});

  EXPECT_EQ(Describe(tensor), "6 Float");
  EXPECT_EQ(Describe(Tensors{tensor, at::zeros({0}, at::kLong)}),
            "6 Float, 0 Long");
  EXPECT_EQ(Describe(ReduceOp::MAX, tensor), "max of 6 Float");
}

struct Wrong {
  const char* name;
  std::function<void()> check;
  const char* message;
};

class WrongArguments : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongArguments, ThrowWithTheTitleAndTheReason) {
  try {
    GetParam().check();
    ADD_FAILURE() << "no error";
  } catch (const c10::ValueError& error) {
    const std::string message = error.what_without_backtrace();
    EXPECT_THAT(message, HasSubstr("shm:test"));
    EXPECT_THAT(message, HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, WrongArguments,
    ::testing::Values(
        Wrong{"NoTensor", [] { kArguments.Only({}); },
              "one tensor a rank, not 0"},
        Wrong{"Sparse",
              [] {
                kArguments.Only({at::zeros({2, 2}).to_sparse()});
              },
              "dense CPU tensors, not SparseCPUFloatType"},
        Wrong{"OtherDevice",
              [] { kArguments.Only({at::empty({2}, at::device(at::kMeta))}); },
              "dense CPU tensors"},
        Wrong{"OtherDtype",
              [] {
                kArguments.CheckTensor(at::zeros({2}, at::kLong), at::kFloat,
                                       2);
              },
              "2 Long is where there should be 2 Float"},
        Wrong{"OtherSize",
              [] { kArguments.CheckTensor(at::zeros({3}), at::kFloat, 2); },
              "3 Float is where there should be 2 Float"},
        Wrong{"TwoLists",
              [] {
                kArguments.OnePerRank({{}, {}}, at::zeros({2}));
              },
              "one list a rank, not 2"},
        Wrong{"TooFewInAList",
              [] { kArguments.OnePerRank({{at::zeros({2})}}, at::zeros({2})); },
              "1 tensors for 2 ranks"},
        Wrong{"ListOffTheRoot",
              [] {
                kArguments.OnePerRankAtRoot({{at::zeros({2})}}, at::zeros({2}),
                                            false);
              },
              "on its root only"},
        Wrong{"NoSuchRoot", [] { kArguments.CheckRoot(2); },
              "rank 2 is not one of 0 to 1"},
        Wrong{"NegativeRoot", [] { kArguments.CheckRoot(-1); },
              "rank -1 is not one of 0 to 1"},
        Wrong{"PartsThatDontFill",
              [] { kArguments.CheckParts({at::zeros({2})}, {at::zeros({5})}); },
              "5 Float is where there should be 4 Float"},
        Wrong{"NoParts", [] { kArguments.CheckParts({}, {}); },
              "at least one tensor"},
        Wrong{"PartsWithoutAWhole",
              [] { kArguments.CheckParts({at::zeros({2})}, {}); },
              "1 tensors of parts for 0 of wholes"},
        Wrong{"UndefinedReduction",
              [] { kArguments.CheckReduces(ReduceOp::BAND, at::zeros({2})); },
              "band of Float"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal::dist
