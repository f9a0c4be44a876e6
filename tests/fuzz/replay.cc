// The main of a fuzz target's test: gives LLVMFuzzerTestOneInput each file that
// the arguments name, whole and cut off at 16 places.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void Run(const std::string& bytes) {
  // Of its own: a sanitizer sees every byte read past its end.
  const std::string input = bytes;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()),
                         input.size());
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (file.bad() || !file.is_open()) {
      std::fprintf(stderr, "can't read %s\n", argv[i]);
      return 1;
    }
    constexpr size_t kCuts = 16;
    for (size_t cut = 0; cut <= kCuts; ++cut) {
      // Which one it was, where it dies.
      std::fprintf(stderr, "%s: %zu/%zu\n", argv[i], cut, kCuts);
      Run(bytes.substr(0, bytes.size() * cut / kCuts));
    }
  }
  return argc > 1 ? 0 : 1;
}
