#include "hooks/hook_list.h"

#include <algorithm>
#include <typeinfo>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "utils/class_name.h"
#include "utils/status_macros.h"

namespace anneal {

void HookList::Add(std::unique_ptr<Hook> hook, absl::optional<int> priority) {
  const std::string class_name = ClassName(typeid(*hook));
  std::string name = class_name;
  auto taken = [&](const Entry& entry) { return entry.name == name; };
  for (int i = 2; std::any_of(entries_.begin(), entries_.end(), taken); ++i) {
    name = absl::StrCat(class_name, "#", i);
  }
  auto runs_later = [](int level, const Entry& entry) {
    return level < entry.priority;
  };
  const int level = priority.value_or(hook->priority());
  const auto place =
      std::upper_bound(entries_.begin(), entries_.end(), level, runs_later);
  entries_.insert(place, Entry{std::move(hook), name, level});
  for (int stage = 0; stage < kNumStages; ++stage) {
    by_stage_[stage].clear();
    for (const Entry& entry : entries_) {
      if (entry.hook->stages()[stage]) {
        by_stage_[stage].push_back(&entry);
      }
    }
  }
}

absl::Status HookList::ErrorOf(const Entry& entry, Stage stage,
                               const absl::Status& status) const {
  std::string message = absl::StrCat(entry.name, ".", StageName(stage));
  if (stage == Stage::kBeforeTrainIter || stage == Stage::kAfterTrainIter) {
    absl::StrAppend(&message, " at iteration ", run_->iter() + 1);
  }
  absl::Status error(status.code(),
                     absl::StrCat(message, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& payload) {
    error.SetPayload(type, payload);
  });
  return error;
}

std::string HookList::Info() const {
  std::vector<std::string> blocks;
  for (int stage = 0; stage < kNumStages; ++stage) {
    if (by_stage_[stage].empty()) continue;
    std::string block =
        absl::StrCat(StageName(static_cast<Stage>(stage)), ":\n");
    for (const Entry& entry : entries_) {
      if (!entry.hook->stages()[stage]) continue;
      absl::StrAppendFormat(&block, "(%-12s) %-35s\n",
                            PriorityName(entry.priority), entry.name);
    }
    blocks.push_back(block + " -------------------- ");
  }
  return absl::StrJoin(blocks, "\n");
}

Dict HookList::state_dict() const {
  Dict states;
  for (const Entry& entry : entries_) {
    Value state = entry.hook->state_dict();
    if (!state.is_none()) states[entry.name] = std::move(state);
  }
  return states;
}

absl::Status HookList::LoadStateDict(const Dict& state_dict) {
  for (const Entry& entry : entries_) {
    if (entry.hook->state_dict().is_none()) continue;
    ASSIGN_OR_RETURN(const Value* state,
                     Require(state_dict, entry.name, "hooks"));
    RETURN_IF_ERROR(entry.hook->LoadStateDict(*state));
  }
  return absl::OkStatus();
}

}  // namespace anneal
