// What a run knows of itself, by name.
#ifndef ANNEAL_LOGGING_MESSAGE_HUB_H_
#define ANNEAL_LOGGING_MESSAGE_HUB_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "logging/history_buffer.h"
#include "utils/value.h"

namespace anneal {

// Histories of scalars ("train/loss") and other values ("epoch", "best_ckpt").
// Owned by the run; not thread-safe.
class MessageHub {
 public:
  using NamedBuffer = std::pair<std::string, std::unique_ptr<HistoryBuffer>>;

  // The history of `name`, made if absent; stays valid as long as the hub,
  // LoadStateDict included.
  HistoryBuffer* scalar(absl::string_view name);
  // Null where there is none.
  HistoryBuffer* FindScalar(absl::string_view name) const;
  // Every history, in order of their first use.
  const std::vector<NamedBuffer>& log_scalars() const { return scalars_; }

  void UpdateScalar(absl::string_view name, double value, int64_t count = 1) {
    scalar(name)->Update(value, count);
  }

  void UpdateInfo(absl::string_view name, Value value) {
    runtime_info_[name] = std::move(value);
  }
  // Null where there is none; valid until the next update.
  const Value* GetInfo(absl::string_view name) const {
    return runtime_info_.Find(name);
  }
  // Forgets `name`.
  void PopInfo(absl::string_view name) {
    runtime_info_.Erase(std::string(name));
  }
  const Dict& runtime_info() const { return runtime_info_; }

  // {"log_scalars": {name: history}, "runtime_info": {...}, "resumed_keys":
  // {}}, in plain types.
  Value state_dict() const;
  // Replaces what the hub has of the names in `state_dict`.
  absl::Status LoadStateDict(const Value& state_dict);

 private:
  std::vector<NamedBuffer> scalars_;
  absl::flat_hash_map<std::string, HistoryBuffer*> by_name_;
  Dict runtime_info_;
};

}  // namespace anneal

#endif  // ANNEAL_LOGGING_MESSAGE_HUB_H_
