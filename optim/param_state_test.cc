#include "optim/param_state.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(ParamState, OtherNamesAreRefusedWithThoseThereAre) {
  const Dict state{{"step", 1}, {"square_avg", 2}};

  EXPECT_TRUE(CheckStateNames(state, {"step", "square_avg", "max"}).ok());
  const absl::Status status = CheckStateNames(state, {"step", "exp_avg"});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("unknown square_avg; the state is of another "
                        "optimizer, this one has step, exp_avg"));
}

TEST(ParamState, TensorHasTheParametersShape) {
  const at::Tensor param = at::zeros({2, 3});
  const Dict state{{"same", at::zeros({2, 3}, at::kHalf)},
                   {"other", at::zeros({3, 2})},
                   {"number", 1}};

  EXPECT_TRUE(CheckStateTensor(state, "same", param).ok());
  const absl::Status other = CheckStateTensor(state, "other", param);
  EXPECT_EQ(other.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(other.message()),
              HasSubstr("other has shape [3, 2], the parameter [2, 3]"));
  EXPECT_EQ(CheckStateTensor(state, "number", param).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CheckStateTensor(state, "none", param).code(),
            absl::StatusCode::kNotFound);
}

TEST(ParamState, TensorIsACopyInTheParametersDtypeAndLayout) {
  const at::Tensor param = at::zeros({3, 2}).t().set_requires_grad(true);
  const at::Tensor saved = at::full({2, 3}, 1.5, at::kDouble);

  const at::Tensor tensor =
      StateTensor(Dict{{"exp_avg", saved}}, "exp_avg", param);
  at::Tensor(tensor).add_(1);

  EXPECT_EQ(tensor.scalar_type(), at::kFloat);
  EXPECT_EQ(tensor.strides(), param.strides());
  EXPECT_FALSE(tensor.requires_grad());
  EXPECT_TRUE(at::equal(tensor, at::full({2, 3}, 2.5)));
  EXPECT_TRUE(at::equal(saved, at::full({2, 3}, 1.5, at::kDouble)));
}

}  // namespace
}  // namespace anneal
