// ReadPth over any bytes.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "fileio/pth/pth.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto value = anneal::ReadPth(bytes, "fuzz.pth");
  if (value.ok()) value->DebugString();
  return 0;
}
