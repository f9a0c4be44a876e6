#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "model/golden.h"
#include "model/loss_function.h"
#include "model/mse_loss.pb.h"
#include "utils/random.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<LossFunction> Make() {
  google::protobuf::Any any;
  any.PackFrom(MSELossConfig());
  auto loss = RegistryOf<LossFunction>::Get().Build(any);
  EXPECT_TRUE(loss.ok()) << loss.status();
  return *std::move(loss);
}

TEST(MSELoss, EqualsTorch) {
  const Golden golden("model/testdata/losses.txt");
  SetRandomSeed(0, /*deterministic=*/false);
  at::randn({5, 7});  // What the golden file's script draws before.
  at::randn({2, 3, 4});
  const at::Tensor outputs = at::randn({4, 3});
  const at::Tensor targets = at::randn({4, 3});

  EXPECT_TRUE(NearlyEqual(Make()->PerSample(outputs, targets),
                          golden.Tensor("mse/per_sample")));
  EXPECT_TRUE(
      NearlyEqual(Make()->Mean(outputs, targets), golden.Tensor("mse/mean")));
}

TEST(MSELoss, OfOneNumberASampleIsItsSquare) {
  const at::Tensor loss =
      Make()->PerSample(at::zeros({3}), at::ones({3}).mul(2));

  EXPECT_TRUE(at::equal(loss, at::ones({3}).mul(4)));
}

// NumPy's numbers are float64 unless told otherwise.
TEST(MSELoss, TargetsOfAnotherDtypeHaveTheSameGradient) {
  for (const auto dtype : {at::kFloat, at::kDouble, at::kInt}) {
    const at::Tensor outputs = at::zeros({2, 1}).requires_grad_();

    const at::Tensor loss = Make()->Mean(outputs, at::ones({2, 1}, dtype));
    loss.backward();

    EXPECT_EQ(loss.scalar_type(), at::kFloat) << dtype;
    EXPECT_TRUE(at::equal(outputs.grad(), -at::ones({2, 1}))) << dtype;
  }
}

TEST(MSELoss, HalfPrecisionIsComputedInFloat) {
  const at::Tensor loss = Make()->Mean(at::zeros({2, 1}, at::kBFloat16),
                                       at::ones({2, 1}, at::kFloat).mul(0.1));

  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  EXPECT_FLOAT_EQ(loss.item<float>(), 0.01);
}

TEST(MSELoss, OutputsArePredictions) {
  EXPECT_EQ(Make()->outputs_name(), "predictions");
}

TEST(MSELoss, ShapesThatWouldBroadcastAreRefused) {
  try {
    Make()->Mean(at::zeros({4, 1}), at::zeros({4}));
    FAIL() << "no exception";
  } catch (const c10::ValueError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("outputs have shape [4, 1], targets [4]; both must"));
  }
}

}  // namespace
}  // namespace anneal
