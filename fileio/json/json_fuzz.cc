// FromJson over any bytes; what it reads, it writes and reads again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "fileio/json/json.h"
#include "fileio/json/json_reader.h"
#include "utils/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto value = anneal::FromJson(bytes);
  if (!value.ok()) return 0;
  const auto again = anneal::FromJson(anneal::ToJson(*value));
  if (!again.ok() || !anneal::BitIdentical(*value, *again)) std::abort();
  return 0;
}
