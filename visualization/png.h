// Images as PNG files.
#ifndef ANNEAL_VISUALIZATION_PNG_H_
#define ANNEAL_VISUALIZATION_PNG_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/statusor.h"

namespace anneal {

// The PNG file of `image`, uint8 [height, width, 3], RGB. InvalidArgument for
// another shape or dtype, or without a pixel.
absl::StatusOr<std::string> EncodePng(const at::Tensor& image);

}  // namespace anneal

#endif  // ANNEAL_VISUALIZATION_PNG_H_
