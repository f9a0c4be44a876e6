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

// What is the same of `value`, called `name`.
Value Cleared(const std::string& name, const Value& value) {
  if (const auto* dict = value.get_if<Dict>()) return RunState(*dict);
  const auto* list = value.get_if<Value::List>();
  if (list == nullptr) return WithoutFolder(name, value);
  Value::List cleared;
  for (const Value& entry : *list) cleared.push_back(Cleared(name, entry));
  return cleared;
}

}  // namespace

Dict RunState(const Dict& checkpoint) {
  std::map<std::string, Value> sorted;
  for (const auto& [key, value] : checkpoint) {
    const std::string name = KeyString(key);
    if (IsOfOneStart(name)) continue;
    sorted[name] = Cleared(name, value);
  }
  Dict state;
  for (auto& [name, value] : sorted) state[name] = std::move(value);
  return state;
}

}  // namespace anneal
