// Rows of tensors.
#ifndef ANNEAL_DATASET_ROWS_H_
#define ANNEAL_DATASET_ROWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/types/span.h"

namespace anneal {

// Row `index` of a contiguous CPU tensor, sharing its memory: source[index]
// without dispatch and without autograd, of which data has none.
at::Tensor RowOf(const at::Tensor& source, int64_t index);

// The rows `indices` + `offset` of a contiguous CPU tensor, as a new tensor:
// index_select without its index tensor and dispatch.
at::Tensor GatherRows(const at::Tensor& source,
                      absl::Span<const int64_t> indices, int64_t offset);

}  // namespace anneal

#endif  // ANNEAL_DATASET_ROWS_H_
