#include "dist/shared_memory/reduction.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/add_cpu_dispatch.h>
#include <ATen/ops/bitwise_and_cpu_dispatch.h>
#include <ATen/ops/bitwise_or_cpu_dispatch.h>
#include <ATen/ops/bitwise_xor_cpu_dispatch.h>
#include <ATen/ops/div_cpu_dispatch.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/maximum_cpu_dispatch.h>
#include <ATen/ops/minimum_cpu_dispatch.h>
#include <ATen/ops/mul_cpu_dispatch.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace anneal::dist {
namespace {

using ReduceOp = c10d::ReduceOp;

// LibTorch's kernels below its dispatcher: nothing of the calling thread's
// state (autograd, profilers, observers) sees them.
void Combine(Reduction op, const at::Tensor& a, const at::Tensor& b,
             at::Tensor& out) {
  switch (op) {
    case ReduceOp::PRODUCT:
      at::cpu::mul_out(out, a, b);
      return;
    case ReduceOp::MIN:
      at::cpu::minimum_out(out, a, b);
      return;
    case ReduceOp::MAX:
      at::cpu::maximum_out(out, a, b);
      return;
    case ReduceOp::BAND:
      at::cpu::bitwise_and_out(out, a, b);
      return;
    case ReduceOp::BOR:
      at::cpu::bitwise_or_out(out, a, b);
      return;
    case ReduceOp::BXOR:
      at::cpu::bitwise_xor_out(out, a, b);
      return;
    default:
      at::cpu::add_out(out, a, b);
  }
}

void ReduceBlock(Reduction op, c10::ScalarType dtype,
                 const std::vector<const void*>& inputs, int64_t begin,
                 int64_t numel, void* output) {
  const int64_t offset = begin * c10::elementSize(dtype);
  const auto block = [&](const void* data) {
    char* const bytes = static_cast<char*>(const_cast<void*>(data));
    return at::from_blob(bytes + offset, {numel}, dtype);
  };
  at::Tensor out = block(output);
  if (inputs.size() == 1) {
    std::memcpy(out.data_ptr(), block(inputs[0]).data_ptr(), out.nbytes());
  } else {
    Combine(op, block(inputs[0]), block(inputs[1]), out);
  }
  for (size_t i = 2; i < inputs.size(); ++i) {
    Combine(op, out, block(inputs[i]), out);
  }
  if (op == ReduceOp::AVG) {
    double count = static_cast<double>(inputs.size());
    at::cpu::div_out(out, out,
                     at::from_blob(&count, at::IntArrayRef(), at::kDouble));
  }
}

}  // namespace

std::string ReductionName(Reduction op) {
  switch (op) {
    case ReduceOp::SUM:
      return "sum";
    case ReduceOp::AVG:
      return "avg";
    case ReduceOp::PRODUCT:
      return "product";
    case ReduceOp::MIN:
      return "min";
    case ReduceOp::MAX:
      return "max";
    case ReduceOp::BAND:
      return "band";
    case ReduceOp::BOR:
      return "bor";
    case ReduceOp::BXOR:
      return "bxor";
    default:
      return absl::StrCat("reduction ", static_cast<int>(op));
  }
}

absl::Status CheckReduction(Reduction op, c10::ScalarType dtype) {
  const bool is_float = dtype == at::kFloat || dtype == at::kDouble ||
                        dtype == at::kHalf || dtype == at::kBFloat16;
  const bool is_complex =
      dtype == at::kComplexFloat || dtype == at::kComplexDouble;
  const bool is_integral = dtype == at::kBool || dtype == at::kByte ||
                           dtype == at::kChar || dtype == at::kShort ||
                           dtype == at::kInt || dtype == at::kLong;
  bool is_defined = false;
  switch (op) {
    case ReduceOp::SUM:
    case ReduceOp::PRODUCT:
      is_defined = is_float || is_complex || is_integral;
      break;
    case ReduceOp::AVG:
      is_defined = is_float || is_complex;
      break;
    case ReduceOp::MIN:
    case ReduceOp::MAX:
      is_defined = is_float || is_integral;
      break;
    case ReduceOp::BAND:
    case ReduceOp::BOR:
    case ReduceOp::BXOR:
      is_defined = is_integral;
      break;
    default:
      break;
  }
  if (is_defined) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(ReductionName(op), " of ", c10::toString(dtype),
                   " tensors is not defined; reduce another dtype"));
}

void Reduce(Reduction op, c10::ScalarType dtype,
            const std::vector<const void*>& inputs, int64_t numel,
            void* output) {
  // LibTorch's grain size: it takes more threads for more only.
  constexpr int64_t kBlock = 32 << 10;
  for (int64_t begin = 0; begin < numel; begin += kBlock) {
    ReduceBlock(op, dtype, inputs, begin, std::min(kBlock, numel - begin),
                output);
  }
}

}  // namespace anneal::dist
