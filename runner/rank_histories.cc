#include "runner/rank_histories.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr const char* kTensors[] = {"log_history", "count_history"};

absl::StatusOr<at::Tensor> TensorOf(const Dict& history, const char* key,
                                    const std::string& name) {
  ASSIGN_OR_RETURN(const Value* value, Require(history, key, name));
  ASSIGN_OR_RETURN(at::Tensor tensor,
                   value->AsTensor(absl::StrCat(name, ".", key)));
  if (tensor.dim() == 1) return tensor;
  return absl::InvalidArgumentError(absl::StrCat(
      name, ".", key, " has ", tensor.dim(), " dimensions; it must have 1"));
}

absl::StatusOr<const Dict*> HistoriesOf(const Dict& hub) {
  ASSIGN_OR_RETURN(const Value* value,
                   Require(hub, "log_scalars", "message_hub"));
  return value->AsDict("message_hub.log_scalars");
}

// Puts `newest`'s tensor `key` at the end of `*history`'s.
absl::Status ReplaceEnd(const Dict& newest, const char* key,
                        const std::string& name, Dict* history) {
  ASSIGN_OR_RETURN(const at::Tensor end, TensorOf(newest, key, name));
  ASSIGN_OR_RETURN(const at::Tensor all, TensorOf(*history, key, name));
  const int64_t num_kept = all.numel() - end.numel();
  if (num_kept < 0 || end.scalar_type() != all.scalar_type()) {
    return absl::OkStatus();
  }
  (*history)[key] = at::cat({all.narrow(0, 0, num_kept), end});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Dict> NewestValues(const Value& hub) {
  ASSIGN_OR_RETURN(const Dict* dict, hub.AsDict("message_hub"));
  ASSIGN_OR_RETURN(const Dict* histories, HistoriesOf(*dict));
  Dict newest;
  for (const auto& [key, value] : *histories) {
    const std::string name = KeyString(key);
    ASSIGN_OR_RETURN(const Dict* history, value.AsDict(name));
    Dict end;
    for (const char* field : kTensors) {
      ASSIGN_OR_RETURN(const at::Tensor all, TensorOf(*history, field, name));
      const int64_t count = std::min(all.numel(), kNewestValues);
      // A copy: a view would be saved with all that it is a part of.
      end[field] = all.narrow(0, all.numel() - count, count).clone();
    }
    newest[name] = std::move(end);
  }
  return newest;
}

absl::StatusOr<Value> WithNewestValues(const Value& hub, const Value& newest) {
  ASSIGN_OR_RETURN(const Dict* ends, newest.AsDict("rank_histories"));
  ASSIGN_OR_RETURN(const Dict* own, hub.AsDict("message_hub"));
  ASSIGN_OR_RETURN(const Dict* histories, HistoriesOf(*own));
  Dict replaced = *histories;
  for (const auto& [key, value] : *ends) {
    const std::string name = KeyString(key);
    const Value* history = histories->FindKey(key);
    if (history == nullptr) continue;
    ASSIGN_OR_RETURN(const Dict* end, value.AsDict(name));
    ASSIGN_OR_RETURN(const Dict* before, history->AsDict(name));
    Dict after = *before;
    for (const char* field : kTensors) {
      RETURN_IF_ERROR(ReplaceEnd(*end, field, name, &after));
    }
    replaced.Set(key, std::move(after));
  }
  Dict result = *own;
  result["log_scalars"] = std::move(replaced);
  return Value(std::move(result));
}

}  // namespace anneal
