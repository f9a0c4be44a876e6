// RunPickle over any bytes.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "fileio/pickle/pickle_machine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  anneal::RunPickle(bytes, {}).status().IgnoreError();
  return 0;
}
