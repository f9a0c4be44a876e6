#include "runner/default_hooks.h"

#include <google/protobuf/any.pb.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hooks/checkpoint_folder.h"
#include "hooks/checkpoint_hook.pb.h"
#include "hooks/dist_sampler_seed_hook.pb.h"
#include "hooks/hook.h"
#include "hooks/iter_timer_hook.pb.h"
#include "hooks/logger_hook.pb.h"
#include "hooks/param_scheduler_hook.pb.h"
#include "hooks/priority.h"
#include "hooks/runtime_info_hook.pb.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

google::protobuf::Any Pack(const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  return any;
}

absl::Status AddHook(const google::protobuf::Any& config, HookList* hooks) {
  ASSIGN_OR_RETURN(std::unique_ptr<Hook> hook,
                   RegistryOf<Hook>::Get().Build(config));
  ASSIGN_OR_RETURN(const absl::optional<int> priority,
                   ConfiguredPriority(config));
  hooks->Add(std::move(hook), priority);
  return absl::OkStatus();
}

// An entry that takes no default's place adds a hook, as in mmengine; where its
// name is nearly that of a default which is not given, it was to take its
// place.
absl::Status CheckOtherName(const std::string& name, const RunnerConfig& config,
                            const std::vector<std::string>& default_names) {
  const std::string nearest = NearestName(name, default_names);
  if (nearest.empty() || config.default_hooks().count(nearest) > 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "default_hooks.", name, " is none of the default hooks; did you mean \"",
      nearest, "\"? A hook besides them stands in custom_hooks"));
}

}  // namespace

std::string ConfiguredCheckpointFolder(const RunnerConfig& config,
                                       const std::string& work_dir) {
  CheckpointHookConfig hook;
  for (const auto& [name, any] : config.default_hooks()) {
    if (any.Is<CheckpointHookConfig>()) any.UnpackTo(&hook);
  }
  for (const google::protobuf::Any& any : config.custom_hooks()) {
    if (any.Is<CheckpointHookConfig>()) any.UnpackTo(&hook);
  }
  return CheckpointFolder(hook, work_dir);
}

absl::Status AddConfiguredHooks(const RunnerConfig& config, HookList* hooks) {
  CheckpointHookConfig checkpoint;
  checkpoint.set_interval(1);
  const std::pair<const char*, google::protobuf::Any> kDefaults[] = {
      {"runtime_info", Pack(RuntimeInfoHookConfig())},
      {"timer", Pack(IterTimerHookConfig())},
      {"sampler_seed", Pack(DistSamplerSeedHookConfig())},
      {"logger", Pack(LoggerHookConfig())},
      {"param_scheduler", Pack(ParamSchedulerHookConfig())},
      {"checkpoint", Pack(checkpoint)},
  };
  auto others = config.default_hooks();
  for (const auto& [name, hook] : kDefaults) {
    auto given = others.find(name);
    const google::protobuf::Any& chosen =
        given == others.end() ? hook : given->second;
    // `null` in the config: an Any of no type.
    if (!chosen.type_url().empty()) RETURN_IF_ERROR(AddHook(chosen, hooks));
    if (given != others.end()) others.erase(given);
  }
  std::vector<std::string> default_names;
  for (const auto& item : kDefaults) default_names.push_back(item.first);
  for (const auto& [name, hook] : others) {
    RETURN_IF_ERROR(CheckOtherName(name, config, default_names));
    if (!hook.type_url().empty()) RETURN_IF_ERROR(AddHook(hook, hooks));
  }
  for (const google::protobuf::Any& hook : config.custom_hooks()) {
    RETURN_IF_ERROR(AddHook(hook, hooks));
  }
  return absl::OkStatus();
}

}  // namespace anneal
