// same_checkpoint A B: whether two checkpoints hold the same bits, but for
// times, and for the names and places that differ from run to run. Prints what
// differs.

#include <iostream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/pth.h"
#include "utils/value.h"

namespace anneal {
namespace {

bool IsOfOneRun(const std::string& key) {
  static const auto* names = new std::set<std::string>{
      "time",         "cfg",        "experiment_name", "last_ckpt",
      "best_ckpt",    "train/time", "train/data_time", "val/time",
      "val/data_time"};
  return names->count(key) > 0;
}

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
    if (dict_a->FindKey(key) == nullptr && !IsOfOneRun(KeyString(key))) {
      std::cout << path << "." << KeyString(key) << " is only in the second\n";
      ++differences;
    }
  }
  for (const auto& [key, value] : *dict_a) {
    const std::string name = KeyString(key);
    if (IsOfOneRun(name)) continue;
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
  const absl::StatusOr<Value> a = LoadPth(argv[1]);
  const absl::StatusOr<Value> b = LoadPth(argv[2]);
  for (const auto* file : {&a, &b}) {
    if (!file->ok()) {
      std::cerr << file->status().message() << "\n";
      return 2;
    }
  }
  return Compare("checkpoint", *a, *b) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
