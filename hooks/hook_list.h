// The hooks of a run, in the order they are called.
#ifndef ANNEAL_HOOKS_HOOK_LIST_H_
#define ANNEAL_HOOKS_HOOK_LIST_H_

#include <array>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "hooks/hook.h"
#include "hooks/run.h"
#include "hooks/stage.h"
#include "utils/torch_status.h"
#include "utils/value.h"

namespace anneal {

// Calls hooks by priority, equal ones in the order they were added, and only
// those that override the point: a point that nobody overrides costs nothing.
class HookList {
 public:
  // `run` is what the hooks are given; it outlives the list.
  explicit HookList(Run* run) : run_(run) {}

  // Adds a hook whose class is not known: it is called at every point unless it
  // was built by its registry. `priority`: default, the hook's own.
  void Add(std::unique_ptr<Hook> hook,
           absl::optional<int> priority = absl::nullopt);
  // Adds a hook built in code.
  template <typename T>
  void Add(std::unique_ptr<T> hook,
           absl::optional<int> priority = absl::nullopt) {
    // A class below T may override more than T does.
    if (typeid(*hook) == typeid(T)) {
      hook->set_stages(OverriddenStages<Hook, T>());
    }
    Add(std::unique_ptr<Hook>(std::move(hook)), priority);
  }

  // Calls `point` of the hooks that override it, until one fails; what
  // is thrown in a hook is a failure too. The error says which hook's it is:
  //   hooks.Call(Stage::kAfterTrainIter, &Hook::AfterTrainIter, idx, batch, o);
  template <typename... Params, typename... Args>
  absl::Status Call(Stage stage, absl::Status (Hook::*point)(Run&, Params...),
                    Args&&... args) {
    for (const Entry* entry : by_stage_[static_cast<int>(stage)]) {
      const absl::Status status = CatchTorchError(
          [&] { return (entry->hook.get()->*point)(*run_, args...); });
      if (!status.ok()) return ErrorOf(*entry, stage, status);
    }
    return absl::OkStatus();
  }

  // The table of stages and their hooks that a run logs at its start, as
  // mmengine prints it.
  std::string Info() const;

  // {class name: state} of the hooks that have state; two of a class are told
  // apart by "#2" and so on.
  Dict state_dict() const;
  // NotFound for a hook with state that `state_dict` lacks.
  absl::Status LoadStateDict(const Dict& state_dict);

 private:
  struct Entry {
    std::unique_ptr<Hook> hook;
    std::string name;  // unique
    int priority;
  };

  // "PrintLossHook.after_train_iter at iteration 30: " before the message.
  absl::Status ErrorOf(const Entry& entry, Stage stage,
                       const absl::Status& status) const;

  Run* run_;
  std::vector<Entry> entries_;
  // Of entries_.
  std::array<std::vector<const Entry*>, kNumStages> by_stage_;
};

}  // namespace anneal

#endif  // ANNEAL_HOOKS_HOOK_LIST_H_
