// .py configs of both styles over any bytes; what it reads, it writes as Python
// and reads again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "config/dump_python.h"
#include "config/limits.h"
#include "config/node.h"
#include "config/python/heap.h"
#include "config/python/lazy_file.h"
#include "config/python/python_file.h"

namespace anneal::config {
namespace {

constexpr char kBase[] = "model = dict(type='Net', sizes=[1, (2, 3)])\n";

absl::StatusOr<Node> Read(absl::string_view text) {
  python::Heap heap;
  const auto file = python::ParseFile(text, "fuzz.py", &heap);
  if (!file.ok()) return file.status();
  if (python::IsLazy(*file)) {
    return python::RunLazyFile(
        *file,
        [&](const std::string&, int, const std::string& module, const Place&) {
          return python::ParseFile(kBase, module, &heap);
        },
        &heap);
  }
  const auto names = python::BaseNames(*file, &heap);
  if (!names.ok()) return names;
  const auto base = python::ParseFile(kBase, "base.py", &heap);
  Node none{Node::Map(), Place()};
  auto bases = python::RunFile(*base, &none, &heap);
  return python::RunFile(*file, &*bases, &heap);
}

}  // namespace
}  // namespace anneal::config

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal::config;
  const auto node =
      Read(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!node.ok() || !CheckLimits(*node).ok()) return 0;
  // Not everything has a literal: inf, nan, and keys such as "if".
  const auto again = Read(PrettyText(*node));
  if (again.ok() && !SameContent(*again, *node)) std::abort();
  return 0;
}
