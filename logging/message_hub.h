// What a run knows of itself, by name.
#ifndef ANNEAL_LOGGING_MESSAGE_HUB_H_
#define ANNEAL_LOGGING_MESSAGE_HUB_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "logging/history_buffer.h"
#include "utils/value.h"

namespace anneal {

// Whether what has a name goes into checkpoints.
enum class Resumed { kNo, kYes };

// Histories of scalars ("train/loss") and other values ("epoch", "best_ckpt").
// What is recorded with Resumed::kNo is left out of state_dict(); a method that
// takes it dies if an earlier call for the same name said otherwise. Owned by
// the run; not thread-safe.
class MessageHub {
 public:
  using NamedBuffer = std::pair<std::string, std::unique_ptr<HistoryBuffer>>;

  // The history of `name`, made if absent; stays valid as long as the hub,
  // LoadStateDict included. A caller that updates it each step keeps it.
  HistoryBuffer* scalar(absl::string_view name,
                        Resumed resumed = Resumed::kYes);
  // Null where there is none.
  HistoryBuffer* FindScalar(absl::string_view name) const;
  // NotFound, with the names there are, where there is none.
  absl::StatusOr<const HistoryBuffer*> GetScalar(absl::string_view name) const;
  // Every history, in order of their first use.
  const std::vector<NamedBuffer>& log_scalars() const { return scalars_; }

  void UpdateScalar(absl::string_view name, double value, int64_t count = 1,
                    Resumed resumed = Resumed::kYes);
  // A tensor of one element, not read before somebody asks (HistoryBuffer).
  void UpdateScalar(absl::string_view name, const at::Tensor& value,
                    int64_t count = 1, Resumed resumed = Resumed::kYes);
  // Each entry is a number, a tensor of one element, or {"value": one of those,
  // "count": integer}. InvalidArgument, naming the entry, for others; those
  // before it are recorded.
  absl::Status UpdateScalars(const Dict& scalars,
                             Resumed resumed = Resumed::kYes);

  void UpdateInfo(absl::string_view name, Value value,
                  Resumed resumed = Resumed::kYes);
  void UpdateInfoDict(const Dict& info, Resumed resumed = Resumed::kYes);
  // Null where there is none; valid until the next update.
  const Value* GetInfo(absl::string_view name) const {
    return runtime_info_.Find(name);
  }
  // Forgets `name` and returns what it was; `missing` where there was none.
  // What was said of its resuming stays, as in mmengine; unlike there
  // state_dict's "resumed_keys" lacks it, which has nothing to resume.
  Value PopInfo(absl::string_view name, Value missing = Value());
  const Dict& runtime_info() const { return runtime_info_; }

  // {"log_scalars": {name: history}, "runtime_info": {name: value},
  // "resumed_keys": {name: bool}}, in plain types: `torch.load` opens it with
  // weights_only, mmengine takes the information and skips the histories.
  Value state_dict() const;
  // Replaces what the hub has of the names in `state_dict`, keeps the rest.
  // What is resumed later is for the callers to say, so "resumed_keys" is not
  // read. On an error the hub is as before.
  absl::Status LoadStateDict(const Value& state_dict);

 private:
  void SetResumed(absl::string_view name, Resumed resumed);
  bool IsResumed(absl::string_view name) const;

  std::vector<NamedBuffer> scalars_;
  absl::flat_hash_map<std::string, HistoryBuffer*> by_name_;
  Dict runtime_info_;
  // What callers said; a loaded name that nobody has touched is absent.
  absl::flat_hash_map<std::string, Resumed> resumed_;
};

}  // namespace anneal

#endif  // ANNEAL_LOGGING_MESSAGE_HUB_H_
