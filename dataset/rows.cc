#include "dataset/rows.h"

#include <ATen/EmptyTensor.h>

#include <cstring>
#include <vector>

namespace anneal {

at::Tensor RowOf(const at::Tensor& source, int64_t index) {
  at::Tensor row = at::detail::make_tensor<c10::TensorImpl>(
      c10::TensorImpl::VIEW, c10::Storage(source.storage()), source.key_set(),
      source.dtype());
  row.unsafeGetTensorImpl()->set_sizes_and_strides(
      source.sizes().slice(1), source.strides().slice(1),
      source.storage_offset() + index * source.stride(0));
  return row;
}

at::Tensor GatherRows(const at::Tensor& source,
                      absl::Span<const int64_t> indices, int64_t offset) {
  std::vector<int64_t> sizes = source.sizes().vec();
  const int64_t row_bytes =
      source.size(0) == 0 ? 0 : source.nbytes() / source.size(0);
  sizes[0] = indices.size();
  at::Tensor rows = at::detail::empty_cpu(sizes, source.scalar_type());
  auto* to = static_cast<char*>(rows.mutable_data_ptr());
  const auto* from = static_cast<const char*>(source.const_data_ptr());
  for (const int64_t index : indices) {
    std::memcpy(to, from + (index + offset) * row_bytes, row_bytes);
    to += row_bytes;
  }
  return rows;
}

}  // namespace anneal
