#include "logging/message_hub.h"

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {

HistoryBuffer* MessageHub::scalar(absl::string_view name) {
  auto it = by_name_.find(name);
  if (it != by_name_.end()) return it->second;
  scalars_.emplace_back(std::string(name), std::make_unique<HistoryBuffer>());
  HistoryBuffer* buffer = scalars_.back().second.get();
  by_name_.emplace(name, buffer);
  return buffer;
}

HistoryBuffer* MessageHub::FindScalar(absl::string_view name) const {
  auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

Value MessageHub::state_dict() const {
  Dict scalars;
  for (const auto& [name, buffer] : scalars_) {
    scalars[name] = buffer->state_dict();
  }
  return Dict{{"log_scalars", std::move(scalars)},
              {"runtime_info", runtime_info_},
              {"resumed_keys", Dict()}};
}

absl::Status MessageHub::LoadStateDict(const Value& state_dict) {
  ASSIGN_OR_RETURN(const Dict* state, state_dict.AsDict("message_hub"));
  ASSIGN_OR_RETURN(const Value* scalars_value,
                   Require(*state, "log_scalars", "message_hub"));
  ASSIGN_OR_RETURN(const Dict* scalars,
                   scalars_value->AsDict("message_hub.log_scalars"));
  ASSIGN_OR_RETURN(const Value* info_value,
                   Require(*state, "runtime_info", "message_hub"));
  ASSIGN_OR_RETURN(const Dict* info,
                   info_value->AsDict("message_hub.runtime_info"));
  for (const auto& [key, value] : *scalars) {
    const absl::Status status = scalar(KeyString(key))->LoadStateDict(value);
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("message_hub.log_scalars.",
                                       KeyString(key), ": ", status.message()));
    }
  }
  for (const auto& [key, value] : *info) runtime_info_.Set(key, value);
  return absl::OkStatus();
}

}  // namespace anneal
