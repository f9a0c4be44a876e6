// ReadYaml over any bytes; what it reads, it writes and reads again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "config/dump.h"
#include "config/dump_python.h"
#include "config/limits.h"
#include "config/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal::config;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto node = ReadYaml(bytes, "fuzz");
  if (!node.ok() || !CheckLimits(*node).ok()) return 0;
  if (node->is_none()) return 0;  // an empty file is an empty dict
  PrettyText(*node);
  const auto yaml = ReadYaml(DumpYaml(*node), "yaml");
  if (!yaml.ok() || !SameContent(*yaml, *node)) std::abort();
  const auto json = ReadJson(DumpJson(*node), "json");
  if (!json.ok() || !SameContent(*json, *node)) std::abort();
  return 0;
}
