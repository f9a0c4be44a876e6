#include "dataset/rows.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <vector>

namespace anneal {

at::Tensor GatherRows(const at::Tensor& source,
                      absl::Span<const int64_t> indices, int64_t offset) {
  std::vector<int64_t> sizes = source.sizes().vec();
  const int64_t row_bytes =
      source.size(0) == 0 ? 0 : source.nbytes() / source.size(0);
  sizes[0] = indices.size();
  at::Tensor rows = at::empty(sizes, source.options());
  auto* to = static_cast<char*>(rows.mutable_data_ptr());
  const auto* from = static_cast<const char*>(source.const_data_ptr());
  for (const int64_t index : indices) {
    std::memcpy(to, from + (index + offset) * row_bytes, row_bytes);
    to += row_bytes;
  }
  return rows;
}

}  // namespace anneal
