// same_checkpoint A B: whether two checkpoints hold the same RunState. Prints
// what differs.

#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/pth/pth.h"
#include "tests/support/run_state.h"
#include "utils/value.h"

namespace anneal {
namespace {

int Compare(const std::string& path, const Value& a, const Value& b) {
  const auto* dict_a = a.get_if<Dict>();
  const auto* dict_b = b.get_if<Dict>();
  if (dict_a == nullptr || dict_b == nullptr) {
    if (BitIdentical(a, b)) return 0;
    std::cout << path << " differs: " << a.DebugString().substr(0, 200)
              << " and " << b.DebugString().substr(0, 200) << "\n";
    return 1;
  }
  int differences = 0;
  for (const auto& [key, value] : *dict_b) {
    if (dict_a->FindKey(key) == nullptr) {
      std::cout << path << "." << KeyString(key) << " is only in the second\n";
      ++differences;
    }
  }
  for (const auto& [key, value] : *dict_a) {
    const std::string name = KeyString(key);
    const Value* other = dict_b->FindKey(key);
    if (other == nullptr) {
      std::cout << path << "." << name << " is only in the first\n";
      ++differences;
    } else {
      differences += Compare(absl::StrCat(path, ".", name), value, *other);
    }
  }
  return differences;
}

int Main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: same_checkpoint A B\n";
    return 2;
  }
  Value states[2];
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<Value> checkpoint = LoadPth(argv[i + 1]);
    const Dict* dict = checkpoint.ok() ? checkpoint->get_if<Dict>() : nullptr;
    if (dict == nullptr) {
      std::cerr << argv[i + 1] << ": "
                << (checkpoint.ok() ? "no checkpoint"
                                    : checkpoint.status().message())
                << "\n";
      return 2;
    }
    states[i] = RunState(*dict);
  }
  return Compare("checkpoint", states[0], states[1]) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
