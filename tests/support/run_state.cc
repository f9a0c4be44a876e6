#include "tests/support/run_state.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"

namespace anneal {
namespace {

bool IsOfOneStart(const std::string& name) {
  static const auto* names =
      new std::set<std::string>{"time",       "cfg",
                                "eta",        "experiment_name",
                                "train/time", "train/data_time",
                                "val/time",   "val/data_time"};
  return names->count(name) > 0;
}

// The file's name alone, of a checkpoint's path.
Value WithoutFolder(const std::string& name, const Value& value) {
  const auto* path = value.get_if<std::string>();
  const bool is_checkpoint =
      name == "last_ckpt" || absl::StartsWith(name, "best_ckpt");
  if (path == nullptr || !is_checkpoint) return value;
  return path->substr(path->rfind('/') + 1);
}

}  // namespace

Dict RunState(const Dict& checkpoint) {
  std::map<std::string, Value> sorted;
  for (const auto& [key, value] : checkpoint) {
    const std::string name = KeyString(key);
    if (IsOfOneStart(name)) continue;
    const auto* inner = value.get_if<Dict>();
    sorted[name] = inner ? Value(RunState(*inner)) : WithoutFolder(name, value);
  }
  Dict state;
  for (auto& [name, value] : sorted) state[name] = std::move(value);
  return state;
}

}  // namespace anneal
