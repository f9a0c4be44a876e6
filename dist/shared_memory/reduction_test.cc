#include "dist/shared_memory/reduction.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;
using ReduceOp = c10d::ReduceOp;

at::Tensor Reduced(Reduction op, const std::vector<at::Tensor>& inputs) {
  at::Tensor output = at::zeros_like(inputs[0]);
  std::vector<const void*> pointers;
  for (const at::Tensor& input : inputs) pointers.push_back(input.data_ptr());
  Reduce(op, output.scalar_type(), pointers, output.numel(), output.data_ptr());
  return output;
}

at::Tensor Numbers(const std::vector<double>& numbers, at::ScalarType dtype) {
  return at::tensor(numbers, at::kDouble).to(dtype);
}

struct Case {
  Reduction op;
  std::vector<double> expected;  // of {1, 6, 5}, {3, 2, 5} and {2, 4, 5}
};

class ReductionOf : public ::testing::TestWithParam<Case> {};

TEST_P(ReductionOf, ReducesEachElementOfEveryDtype) {
  const auto& [op, expected] = GetParam();
  int num_dtypes = 0;
  for (const at::ScalarType dtype :
       {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kChar, at::kByte,
        at::kShort, at::kInt, at::kLong, at::kComplexFloat,
        at::kComplexDouble}) {
    if (!CheckReduction(op, dtype).ok()) continue;
    ++num_dtypes;

    const at::Tensor reduced =
        Reduced(op, {Numbers({1, 6, 5}, dtype), Numbers({3, 2, 5}, dtype),
                     Numbers({2, 4, 5}, dtype)});

    EXPECT_TRUE(at::equal(reduced, Numbers(expected, dtype)))
        << dtype << " " << reduced;
  }
  EXPECT_GE(num_dtypes, 5);
}

INSTANTIATE_TEST_SUITE_P(
    Ops, ReductionOf,
    ::testing::Values(
        Case{ReduceOp::SUM, {6, 12, 15}}, Case{ReduceOp::AVG, {2, 4, 5}},
        Case{ReduceOp::PRODUCT, {6, 48, 125}}, Case{ReduceOp::MIN, {1, 2, 5}},
        Case{ReduceOp::MAX, {3, 6, 5}}, Case{ReduceOp::BAND, {0, 0, 5}},
        Case{ReduceOp::BOR, {3, 6, 5}}, Case{ReduceOp::BXOR, {0, 0, 5}}),
    [](const auto& info) { return ReductionName(info.param.op); });

TEST(Reduction, TakesBoolsAsBools) {
  const at::Tensor a = Numbers({0, 0, 1, 1}, at::kBool);
  const at::Tensor b = Numbers({0, 1, 0, 1}, at::kBool);

  EXPECT_TRUE(at::equal(Reduced(ReduceOp::SUM, {a, b}).view(at::kByte),
                        Numbers({0, 1, 1, 1}, at::kByte)));
  EXPECT_TRUE(at::equal(Reduced(ReduceOp::PRODUCT, {a, b}).view(at::kByte),
                        Numbers({0, 0, 0, 1}, at::kByte)));
  EXPECT_TRUE(at::equal(Reduced(ReduceOp::BXOR, {a, b}).view(at::kByte),
                        Numbers({0, 1, 1, 0}, at::kByte)));
}

TEST(Reduction, RoundsEachSumOfHalves) {
  // 2049 is no half; each sum goes to the even neighbour.
  const at::Tensor big = Numbers({2048}, at::kHalf);
  const at::Tensor one = Numbers({1}, at::kHalf);

  EXPECT_EQ(Reduced(ReduceOp::SUM, {big, one, one}).item<double>(), 2048);
  EXPECT_EQ(Reduced(ReduceOp::SUM, {one, one, big}).item<double>(), 2050);
}

TEST(Reduction, KeepsNaNs) {
  const at::Tensor a = at::tensor({NAN, 1.0F});
  const at::Tensor b = at::tensor({1.0F, NAN});

  for (const Reduction op : {ReduceOp::MIN, ReduceOp::MAX, ReduceOp::SUM}) {
    const at::Tensor reduced = Reduced(op, {a, b});
    EXPECT_TRUE(std::isnan(reduced[0].item<float>())) << ReductionName(op);
    EXPECT_TRUE(std::isnan(reduced[1].item<float>())) << ReductionName(op);
  }
}

TEST(Reduction, OfOneInputCopiesIt) {
  const at::Tensor input = Numbers({1, 2, 3}, at::kFloat);

  EXPECT_TRUE(at::equal(Reduced(ReduceOp::AVG, {input}), input));
}

TEST(Reduction, GoesOverItsBlocks) {
  for (const int64_t numel : {0, 1, 32768, 32769, 100000}) {
    const at::Tensor input = at::full({numel}, 3, at::kInt);

    EXPECT_TRUE(at::equal(Reduced(ReduceOp::SUM, {input, input}),
                          at::full({numel}, 6, at::kInt)))
        << numel;
  }
}

struct Undefined {
  const char* name;
  Reduction op;
  at::ScalarType dtype;
};

class UndefinedReduction : public ::testing::TestWithParam<Undefined> {};

TEST_P(UndefinedReduction, IsInvalidAndNamesOpAndDtype) {
  const absl::Status status = CheckReduction(GetParam().op, GetParam().dtype);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(ReductionName(GetParam().op)));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(c10::toString(GetParam().dtype)));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, UndefinedReduction,
    ::testing::Values(
        Undefined{"AverageOfIntegers", ReduceOp::AVG, at::kLong},
        Undefined{"BitsOfFloats", ReduceOp::BAND, at::kFloat},
        Undefined{"OrderOfComplex", ReduceOp::MAX, at::kComplexFloat},
        Undefined{"DtypeWithoutSum", ReduceOp::SUM, at::kFloat8_e4m3fn},
        Undefined{"OpOfNccl", ReduceOp::PREMUL_SUM, at::kFloat}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal::dist
