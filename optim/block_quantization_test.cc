#include "optim/block_quantization.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

// Of bitsandbytes 0.50.2: create_dynamic_map(True)[[0, 1, 254, 255]].
TEST(DynamicMap, IsTheirs) {
  const at::Tensor map = DynamicMap(/*is_signed=*/true);

  ASSERT_EQ(map.numel(), 256);
  EXPECT_NEAR(map[0].item<double>(), -0.99296875, 1e-7);
  EXPECT_NEAR(map[1].item<double>(), -0.97890625, 1e-7);
  EXPECT_NEAR(map[254].item<double>(), 0.99296875, 1e-7);
  EXPECT_EQ(map[255].item<double>(), 1);
}

TEST(DynamicMap, OfUnsignedNumbersHasNoNegativeOnes) {
  const at::Tensor map = DynamicMap(/*is_signed=*/false);

  ASSERT_EQ(map.numel(), 256);
  EXPECT_EQ(map[0].item<double>(), 0);
  EXPECT_EQ(map[255].item<double>(), 1);
}

TEST(Quantize, ScalesEachBlockByItsLargest) {
  at::Tensor numbers = at::zeros({300});
  numbers[3] = -2.0;
  numbers[299] = 0.5;

  const Quantized quantized = Quantize(numbers, DynamicMap(true));

  ASSERT_EQ(quantized.absmax.numel(), 2);
  EXPECT_EQ(quantized.absmax[0].item<double>(), 2);
  EXPECT_EQ(quantized.absmax[1].item<double>(), 0.5);
  const at::Tensor back = Dequantize(quantized, DynamicMap(true));
  EXPECT_EQ(back[299].item<double>(), 0.5);
  EXPECT_EQ(back[0].item<double>(), 0);
}

TEST(Quantize, ErrsByAHundredthOfTheLargestAtMost) {
  const at::Tensor numbers = at::linspace(-3, 3, 512).reshape({2, 256});

  const at::Tensor back =
      Dequantize(Quantize(numbers, DynamicMap(true)), DynamicMap(true));

  EXPECT_EQ(back.sizes(), numbers.sizes());
  EXPECT_LE((back - numbers).abs().max().item<double>(), 3 * 0.01);
}

TEST(Quantize, ZerosStayZero) {
  const at::Tensor zeros = at::zeros({10});

  EXPECT_TRUE(at::equal(
      Dequantize(Quantize(zeros, DynamicMap(true)), DynamicMap(true)), zeros));
}

}  // namespace
}  // namespace anneal
