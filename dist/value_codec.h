// Values as bytes, for the way from rank to rank.
#ifndef ANNEAL_DIST_VALUE_CODEC_H_
#define ANNEAL_DIST_VALUE_CODEC_H_

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "utils/value.h"

namespace anneal::dist {

// A one-dimensional uint8 tensor on the host: a ValueMessage, then the
// elements of the value's tensors. Objects go as their ToValue(). Throws
// c10::Error as copying a tensor to the host does.
at::Tensor PackValue(const Value& value);

// What PackValue was given; its tensors are on the host and own their memory.
// DataLoss for bytes that it has not made: nothing outside of them is read.
absl::StatusOr<Value> UnpackValue(const at::Tensor& bytes);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_VALUE_CODEC_H_
