// A batch of a model as images.
#ifndef ANNEAL_UTILS_TENSOR2IMGS_H_
#define ANNEAL_UTILS_TENSOR2IMGS_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "absl/status/statusor.h"

namespace anneal {

// mmengine's tensor2imgs: `tensor` of [N, C, H, W], C of 3 (RGB) or 1, times
// `std` plus `mean`, as N contiguous tensors of [H, W, C] on the host, in the
// tensor's dtype. `mean` and `std` have C values; none: 0 and 1. `to_bgr` turns
// RGB round; with one channel it must be false. InvalidArgument for others.
absl::StatusOr<std::vector<at::Tensor>> Tensor2Imgs(
    const at::Tensor& tensor, const std::vector<double>& mean = {},
    const std::vector<double>& std = {}, bool to_bgr = true);

}  // namespace anneal

#endif  // ANNEAL_UTILS_TENSOR2IMGS_H_
