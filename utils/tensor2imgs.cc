#include "utils/tensor2imgs.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/tensor.h>

#include "absl/strings/str_cat.h"

namespace anneal {

absl::StatusOr<std::vector<at::Tensor>> Tensor2Imgs(
    const at::Tensor& tensor, const std::vector<double>& mean,
    const std::vector<double>& std, bool to_bgr) {
  if (tensor.dim() != 4 || (tensor.size(1) != 3 && tensor.size(1) != 1)) {
    std::string shape;
    for (const int64_t size : tensor.sizes())
      absl::StrAppend(&shape, size, " ");
    return absl::InvalidArgumentError(
        absl::StrCat("images are to be made of a tensor of shape [ ", shape,
                     "]; it must be [N, C, H, W], C of 3 or 1"));
  }
  const int64_t channels = tensor.size(1);
  for (const std::vector<double>* values : {&mean, &std}) {
    if (values->empty() || values->size() == channels) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "mean and std have ", mean.size(), " and ", std.size(), " values for ",
        channels, " channels; they must have one for each, or none"));
  }
  if (to_bgr && channels == 1) {
    return absl::InvalidArgumentError(
        "images of one channel can't be turned to BGR; set to_bgr to false");
  }
  const auto options = at::TensorOptions(tensor.device()).dtype(tensor.dtype());
  at::Tensor images = tensor.detach().permute({0, 2, 3, 1});
  const std::vector<double> factors =
      std.empty() ? std::vector<double>(channels, 1) : std;
  const std::vector<double> offsets =
      mean.empty() ? std::vector<double>(channels, 0) : mean;
  images = images * at::tensor(factors, options) + at::tensor(offsets, options);
  if (to_bgr) images = images.flip({3});
  images = images.cpu().contiguous();
  return images.unbind(0);
}

}  // namespace anneal
