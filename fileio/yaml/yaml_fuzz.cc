// FromYaml over any bytes; what it reads, it writes and reads again.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "fileio/yaml/yaml.h"
#include "utils/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto value = anneal::FromYaml(bytes);
  if (!value.ok()) return 0;
  const auto text = anneal::ToYaml(*value);
  if (!text.ok()) return 0;
  const auto again = anneal::FromYaml(*text);
  const auto text_again = again.ok() ? anneal::ToYaml(*again) : again.status();
  if (!text_again.ok() || *text_again != *text) {
    std::fprintf(stderr, "%s\n", text->c_str());
    std::abort();
  }
  return 0;
}
