#include "logging/message_hub.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Records one entry of UpdateScalars.
absl::Status Record(const Value& value, int64_t count, HistoryBuffer* history,
                    absl::string_view name) {
  if (const auto* tensor = value.get_if<at::Tensor>()) {
    if (tensor->numel() != 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is a tensor of ", tensor->numel(),
                       " elements; a scalar has one"));
    }
    history->Update(*tensor, count);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const double real, value.AsReal(name));
  history->Update(real, count);
  return absl::OkStatus();
}

absl::StatusOr<const Dict*> Part(const Dict& state, absl::string_view key) {
  ASSIGN_OR_RETURN(const Value* part, Require(state, key, "message_hub"));
  return part->AsDict(absl::StrCat("message_hub.", key));
}

}  // namespace

HistoryBuffer* MessageHub::scalar(absl::string_view name, Resumed resumed) {
  SetResumed(name, resumed);
  const auto it = by_name_.find(name);
  if (it != by_name_.end()) return it->second;
  scalars_.emplace_back(std::string(name), std::make_unique<HistoryBuffer>());
  HistoryBuffer* history = scalars_.back().second.get();
  by_name_.emplace(name, history);
  return history;
}

HistoryBuffer* MessageHub::FindScalar(absl::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

absl::StatusOr<const HistoryBuffer*> MessageHub::GetScalar(
    absl::string_view name) const {
  if (const HistoryBuffer* history = FindScalar(name)) return history;
  return absl::NotFoundError(absl::StrCat(
      "no scalar is called \"", name, "\"; there are ",
      scalars_.empty() ? "none"
                       : absl::StrJoin(scalars_, ", ",
                                       [](std::string* out, const auto& item) {
                                         out->append(item.first);
                                       })));
}

void MessageHub::UpdateScalar(absl::string_view name, double value,
                              int64_t count, Resumed resumed) {
  scalar(name, resumed)->Update(value, count);
}

void MessageHub::UpdateScalar(absl::string_view name, const at::Tensor& value,
                              int64_t count, Resumed resumed) {
  scalar(name, resumed)->Update(value, count);
}

absl::Status MessageHub::UpdateScalars(const Dict& scalars, Resumed resumed) {
  for (const auto& [key, value] : scalars) {
    const std::string name = KeyString(key);
    const Value* content = &value;
    int64_t count = 1;
    if (const auto* entry = value.get_if<Dict>()) {
      ASSIGN_OR_RETURN(content, Require(*entry, "value", name));
      if (const Value* given = entry->Find("count")) {
        ASSIGN_OR_RETURN(count, given->AsInt(absl::StrCat(name, ".count")));
      }
    }
    RETURN_IF_ERROR(Record(*content, count, scalar(name, resumed), name));
  }
  return absl::OkStatus();
}

void MessageHub::UpdateInfo(absl::string_view name, Value value,
                            Resumed resumed) {
  SetResumed(name, resumed);
  runtime_info_[name] = std::move(value);
}

void MessageHub::UpdateInfoDict(const Dict& info, Resumed resumed) {
  for (const auto& [key, value] : info) {
    UpdateInfo(KeyString(key), value, resumed);
  }
}

Value MessageHub::PopInfo(absl::string_view name, Value missing) {
  const Value* found = runtime_info_.Find(name);
  if (found == nullptr) return missing;
  Value value = *found;
  runtime_info_.Erase(std::string(name));
  return value;
}

Value MessageHub::state_dict() const {
  Dict scalars;
  Dict info;
  Dict resumed_keys;
  for (const auto& [name, history] : scalars_) {
    resumed_keys[name] = IsResumed(name);
    if (IsResumed(name)) scalars[name] = history->state_dict();
  }
  for (const auto& [key, value] : runtime_info_) {
    const std::string name = KeyString(key);
    resumed_keys[name] = IsResumed(name);
    if (IsResumed(name)) info[name] = value;
  }
  return Dict{{"log_scalars", std::move(scalars)},
              {"runtime_info", std::move(info)},
              {"resumed_keys", std::move(resumed_keys)}};
}

absl::Status MessageHub::LoadStateDict(const Value& state_dict) {
  ASSIGN_OR_RETURN(const Dict* state, state_dict.AsDict("message_hub"));
  ASSIGN_OR_RETURN(const Dict* scalars, Part(*state, "log_scalars"));
  ASSIGN_OR_RETURN(const Dict* info, Part(*state, "runtime_info"));
  std::vector<std::pair<std::string, HistoryBuffer>> histories;
  for (const auto& [key, value] : *scalars) {
    histories.emplace_back(KeyString(key), HistoryBuffer());
    const absl::Status status = histories.back().second.LoadStateDict(value);
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("message_hub.log_scalars.",
                                       KeyString(key), ": ", status.message()));
    }
  }

  for (auto& [name, history] : histories) {
    HistoryBuffer*& place = by_name_[name];
    if (place == nullptr) {
      scalars_.emplace_back(name, std::make_unique<HistoryBuffer>());
      place = scalars_.back().second.get();
    }
    *place = std::move(history);
  }
  for (const auto& [key, value] : *info) {
    runtime_info_[KeyString(key)] = value;
  }
  return absl::OkStatus();
}

void MessageHub::SetResumed(absl::string_view name, Resumed resumed) {
  auto it = resumed_.find(name);
  if (it == resumed_.end()) it = resumed_.emplace(name, resumed).first;
  ANNEAL_CHECK(it->second == resumed)
      << name << " was recorded as "
      << (resumed == Resumed::kYes ? "not resumed" : "resumed")
      << " before and now as the opposite";
}

bool MessageHub::IsResumed(absl::string_view name) const {
  const auto it = resumed_.find(name);
  return it == resumed_.end() || it->second == Resumed::kYes;
}

}  // namespace anneal
