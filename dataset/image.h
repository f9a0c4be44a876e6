// Images in samples.
#ifndef ANNEAL_DATASET_IMAGE_H_
#define ANNEAL_DATASET_IMAGE_H_

#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "utils/status_macros.h"
#include "utils/value.h"

namespace anneal {

// An image whose pixels are yet to be written: at::empty without its dispatch,
// which costs as much as copying a small image.
inline at::Tensor NewImage(int64_t channels, int64_t height, int64_t width,
                           at::ScalarType dtype) {
  return at::Tensor(at::detail::empty_cpu({channels, height, width}, dtype));
}

// The sample's "inputs", contiguous uint8 or float32 [C, H, W], for the
// transform called `who`.
inline absl::StatusOr<at::Tensor> ImageOf(const Dict& sample,
                                          absl::string_view who) {
  ASSIGN_OR_RETURN(const Value* value, Require(sample, "inputs", who));
  ASSIGN_OR_RETURN(const at::Tensor image, value->AsTensor(who));
  const bool is_image = image.dim() == 3 && (image.scalar_type() == at::kByte ||
                                             image.scalar_type() == at::kFloat);
  if (is_image) return image.contiguous();
  return absl::InvalidArgumentError(absl::StrCat(
      who, ": \"inputs\" is ", value->DebugString(),
      "; it must be a uint8 or float image [channels, height, width]"));
}

}  // namespace anneal

#endif  // ANNEAL_DATASET_IMAGE_H_
