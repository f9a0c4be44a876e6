// The hooks that every run has.
#ifndef ANNEAL_RUNNER_DEFAULT_HOOKS_H_
#define ANNEAL_RUNNER_DEFAULT_HOOKS_H_

#include <string>

#include "absl/status/status.h"
#include "config/runner.pb.h"
#include "hooks/hook_list.h"

namespace anneal {

// Adds the default hooks, with the config's `default_hooks` in their places,
// then those of other names and `custom_hooks`. InvalidArgument for another
// name that is near to a default's which is not given, and for what a hook
// refuses.
absl::Status AddConfiguredHooks(const RunnerConfig& config, HookList* hooks);

// Where the run's CheckpointHook, the last one if there are several, saves.
std::string ConfiguredCheckpointFolder(const RunnerConfig& config,
                                       const std::string& work_dir);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_DEFAULT_HOOKS_H_
