#include "dataset/rows.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <vector>

#include "utils/value.h"

namespace anneal {
namespace {

class Rows : public testing::TestWithParam<at::ScalarType> {};

TEST_P(Rows, AreSelects) {
  const at::Tensor source = at::arange(60).reshape({5, 4, 3}).to(GetParam());
  // The tail of a larger tensor.
  const at::Tensor tail = source.slice(0, 2);

  const at::Tensor row = RowOf(tail, 1);

  EXPECT_TRUE(BitIdentical(row, source[3]));
  EXPECT_TRUE(row.is_alias_of(source));
  EXPECT_TRUE(row.is_contiguous());
}

TEST_P(Rows, AreIndexSelects) {
  const at::Tensor source = at::arange(60).reshape({5, 4, 3}).to(GetParam());
  const std::vector<int64_t> indices = {3, 0, 3, 1};

  const at::Tensor rows = GatherRows(source, indices, /*offset=*/1);

  const at::Tensor expected =
      at::index_select(source, 0, at::tensor({4, 1, 4, 2}));
  EXPECT_TRUE(BitIdentical(rows, expected));
}

INSTANTIATE_TEST_SUITE_P(Dtypes, Rows,
                         testing::Values(at::kByte, at::kBool, at::kHalf,
                                         at::kFloat, at::kLong, at::kDouble),
                         [](const auto& info) {
                           return std::string(c10::toString(info.param));
                         });

TEST(RowOf, AVectorIsAScalar) {
  const at::Tensor row = RowOf(at::arange(5), 4);

  EXPECT_EQ(row.dim(), 0);
  EXPECT_TRUE(BitIdentical(row, at::arange(5)[4]));
}

TEST(RowOf, OutlivesItsSource) {
  const at::Tensor row = RowOf(at::arange(6).reshape({2, 3}), 1);

  EXPECT_TRUE(BitIdentical(row, at::arange(3, 6)));
}

// As any tensor's, the row's operators are differentiable.
TEST(RowOf, TakesPartInAutograd) {
  const at::Tensor weight = at::arange(3, at::kFloat).requires_grad_();

  const at::Tensor row = RowOf(at::arange(6, at::kFloat).reshape({2, 3}), 1);
  row.mul(weight).sum().backward();

  EXPECT_TRUE(BitIdentical(weight.grad(), at::arange(3, 6, at::kFloat)));
}

TEST(GatherRows, GivesScalarsOfAVector) {
  const at::Tensor rows =
      GatherRows(at::arange(5), std::vector<int64_t>{4, 2}, 0);

  EXPECT_TRUE(BitIdentical(rows, at::tensor(std::vector<int64_t>{4, 2})));
}

TEST(GatherRows, OfNoIndexIsEmpty) {
  const at::Tensor rows = GatherRows(at::arange(6).reshape({2, 3}), {}, 0);

  EXPECT_EQ(rows.sizes(), (std::vector<int64_t>{0, 3}));
}

TEST(GatherRows, OwnsItsMemory) {
  const at::Tensor source = at::arange(3);

  GatherRows(source, std::vector<int64_t>{0, 1, 2}, 0).fill_(7);

  EXPECT_TRUE(BitIdentical(source, at::arange(3)));
}

}  // namespace
}  // namespace anneal
