// ReadNpy and ReadNpz over any bytes; what is read can be written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "fileio/npy/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  anneal::ReadNpz(bytes).status().IgnoreError();
  const auto tensor = anneal::ReadNpy(bytes);
  if (!tensor.ok()) return 0;
  const auto again = anneal::NpyBytes(*tensor);
  if (!again.ok() || !anneal::ReadNpy(*again).ok()) std::abort();
  return 0;
}
