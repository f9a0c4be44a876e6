#include "optim/fused_tensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

at::Tensor Numbers() { return at::arange(6).to(at::kFloat).reshape({2, 3}); }

TEST(FusedTensors, GroupsByDtypeInTheOrderAdded) {
  FusedTensors tensors(/*num_states=*/1);
  const at::Tensor params[] = {at::ones({1}), at::ones({2}, at::kDouble),
                               at::ones({3})};
  for (const at::Tensor& param : params) {
    at::Tensor state = param.clone();
    tensors.Add(param, param);
    tensors.AddState(0, &state);
  }

  ASSERT_EQ(tensors.lists().size(), 2);
  const FusedTensors::Lists& floats = tensors.lists()[0];
  ASSERT_EQ(floats.params.size(), 2);
  EXPECT_TRUE(floats.params[1].is_same(params[2]));
  EXPECT_EQ(floats.states[0][1].numel(), 3);
  EXPECT_TRUE(tensors.lists()[1].params[0].is_same(params[1]));
}

TEST(FusedTensors, TensorsLaidOutAlikeAreNotCopied) {
  FusedTensors tensors(1);
  const at::Tensor param = Numbers().t();
  const at::Tensor grad = Numbers().t();
  at::Tensor state = Numbers().t();
  const at::Tensor before = state;

  tensors.Add(param, grad);
  tensors.AddState(0, &state);

  EXPECT_TRUE(tensors.lists()[0].grads[0].is_same(grad));
  EXPECT_TRUE(state.is_same(before));
}

TEST(FusedTensors, GradientIsLaidOutAsItsParameter) {
  FusedTensors tensors(0);
  const at::Tensor param = Numbers().t();

  tensors.Add(param, Numbers().reshape({3, 2}));

  const at::Tensor& grad = tensors.lists()[0].grads[0];
  EXPECT_EQ(grad.strides(), param.strides());
  EXPECT_TRUE(at::equal(grad, Numbers().reshape({3, 2})));
}

TEST(FusedTensors, StateIsReplacedByOneLaidOutAsItsParameter) {
  FusedTensors tensors(1);
  const at::Tensor param = Numbers().t();
  at::Tensor state = Numbers().reshape({3, 2});

  tensors.Add(param, param);
  tensors.AddState(0, &state);

  EXPECT_EQ(state.strides(), param.strides());
  EXPECT_TRUE(at::equal(state, Numbers().reshape({3, 2})));
  EXPECT_TRUE(tensors.lists()[0].states[0][0].is_same(state));
}

TEST(FusedTensors, SparseGradientThrows) {
  FusedTensors tensors(0);

  EXPECT_THROW(tensors.Add(Numbers(), Numbers().to_sparse()), c10::Error);
}

}  // namespace
}  // namespace anneal
