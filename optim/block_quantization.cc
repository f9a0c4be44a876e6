#include "optim/block_quantization.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bucketize.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace anneal {
namespace {

constexpr int kExponents = 7;

// [blocks, 256] of a flat tensor, the last one filled with 0.
at::Tensor InBlocks(const at::Tensor& numbers) {
  const at::Tensor flat = numbers.reshape(-1);
  const int64_t rest = flat.numel() % kQuantizationBlock;
  const int64_t missing = rest == 0 ? 0 : kQuantizationBlock - rest;
  return at::constant_pad_nd(flat, {0, missing}).view({-1, kQuantizationBlock});
}

at::Tensor OutOfBlocks(const at::Tensor& blocks, at::IntArrayRef sizes) {
  int64_t size = 1;
  for (const int64_t length : sizes) size *= length;
  return blocks.reshape(-1).narrow(0, 0, size).reshape(sizes);
}

}  // namespace

at::Tensor DynamicMap(bool is_signed) {
  std::vector<double> entries = {0, 1};
  // The higher the power of ten, the more bits are left for the fraction.
  for (int i = 0; i < kExponents; ++i) {
    const int64_t fractions = int64_t{1} << (is_signed ? i : i + 1);
    const at::Tensor bounds = at::linspace(0.1, 1, fractions + 1, at::kFloat);
    const at::Tensor means =
        ((bounds.slice(0, 0, -1) + bounds.slice(0, 1)) / 2.0) *
        std::pow(10, i - kExponents + 1);
    for (int64_t j = 0; j < fractions; ++j) {
      const double entry = means[j].item<double>();
      entries.push_back(entry);
      if (is_signed) entries.push_back(-entry);
    }
  }
  std::sort(entries.begin(), entries.end());
  return at::tensor(entries, at::kFloat);
}

Quantized Quantize(const at::Tensor& numbers, const at::Tensor& map) {
  const at::Tensor blocks = InBlocks(numbers);
  const at::Tensor absmax = blocks.abs().amax(1);
  const at::Tensor scaled =
      (blocks / absmax.clamp_min(1e-38).unsqueeze(1)).clamp_(-1, 1);
  const at::Tensor middles = (map.slice(0, 0, -1) + map.slice(0, 1)) / 2.0;
  const at::Tensor codes =
      at::bucketize(scaled, middles, /*out_int32=*/true).to(at::kByte);
  return {OutOfBlocks(codes, numbers.sizes()), absmax};
}

at::Tensor Dequantize(const Quantized& quantized, const at::Tensor& map) {
  const at::Tensor blocks = InBlocks(quantized.codes);
  const at::Tensor values =
      map.index_select(0, blocks.reshape(-1).to(at::kInt)).view(blocks.sizes());
  return OutOfBlocks(values * quantized.absmax.unsqueeze(1),
                     quantized.codes.sizes());
}

}  // namespace anneal
