// ReadPickle over any bytes: graph, tensors, numpy's arrays.
#include <ATen/ops/zeros.h>

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "fileio/pickle/pickle_reader.h"

namespace {

absl::StatusOr<at::Tensor> SmallStorage(const anneal::StorageId& id) {
  if (id.numel < 0 || id.numel > 4096) return absl::DataLossError("cut off");
  return at::zeros({id.numel}, id.dtype);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto result = anneal::ReadPickle(bytes, SmallStorage);
  if (result.ok()) result->value.DebugString();
  return 0;
}
