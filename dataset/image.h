// Images in samples.
#ifndef ANNEAL_DATASET_IMAGE_H_
#define ANNEAL_DATASET_IMAGE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "utils/value.h"

namespace anneal {

// An image whose pixels are yet to be written: at::empty without its dispatch,
// which costs as much as copying a small image.
at::Tensor NewImage(int64_t channels, int64_t height, int64_t width,
                    at::ScalarType dtype);

// The sample's "inputs", contiguous uint8 or float32 [C, H, W], for the
// transform called `who`. NotFound without "inputs", InvalidArgument where they
// are something else.
absl::StatusOr<at::Tensor> ImageOf(const Dict& sample, absl::string_view who);

}  // namespace anneal

#endif  // ANNEAL_DATASET_IMAGE_H_
