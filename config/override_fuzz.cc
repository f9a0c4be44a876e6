// ApplyOverride of any words, one a line; the tree, if it is within the limits,
// is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "config/dump.h"
#include "config/dump_python.h"
#include "config/limits.h"
#include "config/override.h"
#include "config/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal::config;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto tree = ReadYaml("{a: {b: 1, c: [1, {d: 2}]}, e: x}", "fuzz");
  for (absl::string_view line : absl::StrSplit(bytes, '\n')) {
    ApplyOverride(line, &*tree).IgnoreError();
  }
  DumpYamlWithProvenance(*tree);
  if (!CheckLimits(*tree).ok()) return 0;
  PrettyText(*tree);
  const auto yaml = ReadYaml(DumpYaml(*tree), "yaml");
  if (!yaml.ok() || !SameContent(*yaml, *tree)) std::abort();
  return 0;
}
