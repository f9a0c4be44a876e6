#include "dataset/image.h"

#include <ATen/EmptyTensor.h>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {

at::Tensor NewImage(int64_t channels, int64_t height, int64_t width,
                    at::ScalarType dtype) {
  return at::Tensor(at::detail::empty_cpu({channels, height, width}, dtype));
}

absl::StatusOr<at::Tensor> ImageOf(const Dict& sample, absl::string_view who) {
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
