#include "dataset/permutation.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randperm.h>

#include <numeric>

namespace anneal {

std::vector<int64_t> Permutation(int64_t n, bool shuffle, uint64_t seed) {
  std::vector<int64_t> order(n);
  if (!shuffle) {
    std::iota(order.begin(), order.end(), 0);
    return order;
  }
  const at::Tensor permutation =
      at::randperm(n, at::detail::createCPUGenerator(seed), at::kLong);
  const auto* data = permutation.const_data_ptr<int64_t>();
  order.assign(data, data + n);
  return order;
}

}  // namespace anneal
