// Numbers in 8 bits, with a scale for each block.
#ifndef ANNEAL_OPTIM_BLOCK_QUANTIZATION_H_
#define ANNEAL_OPTIM_BLOCK_QUANTIZATION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace anneal {

constexpr int64_t kQuantizationBlock = 256;

// The 256 numbers in [-1, 1], or [0, 1] where not `is_signed`, that a byte may
// stand for, in rising order: bitsandbytes' dynamic map (Dettmers: 8-Bit
// Approximations for Parallelism in Deep Learning, 2016). float32.
at::Tensor DynamicMap(bool is_signed);

struct Quantized {
  at::Tensor codes;   // uint8, of the tensor's shape
  at::Tensor absmax;  // float32, of each block of the flat tensor
};

// Each number over its block's largest as the nearest entry of `map`. `numbers`
// is float32 and contiguous.
Quantized Quantize(const at::Tensor& numbers, const at::Tensor& map);
at::Tensor Dequantize(const Quantized& quantized, const at::Tensor& map);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_BLOCK_QUANTIZATION_H_
