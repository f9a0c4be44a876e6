#include "optim/fused_kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/adam.h"
#include "optim/sgd.h"

namespace anneal {
namespace {

at::Tensor Param() {
  return at::arange(6, at::kDouble).div(4).requires_grad_();
}

at::Tensor Gradient(const at::Tensor& param, int step) {
  return param.detach() / 4 + (step % 2 ? 0.25 : -0.5);
}

// Four steps of `optimizer`, on the host's loops, are those of `fused`, here on
// the host too.
template <typename Fused>
void ExpectSame(Optimizer* optimizer, int num_tensors, const Fused& fused) {
  ParamGroup group = optimizer->param_groups()[0];
  at::Tensor own = group.params[0];
  at::Tensor param = Param();
  ParamFields state;
  for (int i = 0; i < num_tensors; ++i) {
    state.tensors.push_back(at::zeros({6}, at::kDouble));
  }
  for (int t = 0; t < 4; ++t) {
    own.mutable_grad() = Gradient(own, t);
    optimizer->ScaledStep(0.5);
    at::NoGradGuard no_grad;
    const at::Tensor grad = Gradient(param, t);
    ++state.step;
    const std::vector<ParamStep> params = {{&param, &grad, &state, t == 0}};
    fused(group, params);

    EXPECT_TRUE(at::allclose(own, param, 1e-12)) << t;
  }
}

class FusedAdam : public ::testing::TestWithParam<bool> {};

TEST_P(FusedAdam, EqualsTheLoops) {
  AdamConfig config;
  config.set_lr(0.1);
  config.set_weight_decay(0.1);
  config.set_decoupled_weight_decay(GetParam());
  config.set_amsgrad(GetParam());
  const auto adam = *Adam::Create(config, {{{Param()}, {}, {}}});

  ExpectSame(
      adam.get(), 3,
      [&](const ParamGroup& group, const std::vector<ParamStep>& params) {
        StepFusedAdam(group, params, 0.5, GetParam(), GetParam(), false);
      });
}

INSTANTIATE_TEST_SUITE_P(Options, FusedAdam, ::testing::Bool());

class FusedSGD : public ::testing::TestWithParam<double> {};

TEST_P(FusedSGD, EqualsTheLoops) {
  SGDConfig config;
  config.set_lr(0.1);
  config.set_momentum(GetParam());
  config.set_weight_decay(0.1);
  const auto sgd = *SGD::Create(config, {{{Param()}, {}, {}}});

  ExpectSame(
      sgd.get(), 1,
      [&](const ParamGroup& group, const std::vector<ParamStep>& params) {
        StepFusedSGD(group, params, 0.5);
      });
}

INSTANTIATE_TEST_SUITE_P(Momenta, FusedSGD, ::testing::Values(0, 0.9));

TEST(TakeFused, LeavesWhatIsOnTheHost) {
  const at::Tensor param = Param();
  ParamFields state;
  std::vector<ParamStep> params = {{&param, &param, &state, true}};

  EXPECT_TRUE(TakeFused(&params).empty());
  EXPECT_EQ(params.size(), 1);
}

}  // namespace
}  // namespace anneal
