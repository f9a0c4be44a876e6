#include "tools/run_flags.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "config/config_file.h"
#include "config/dump.h"
#include "config/locate_error.h"
#include "config/override.h"
#include "dist/local_launcher.h"
#include "logging/logger.h"
#include "registry/registry_index.h"
#include "utils/status_macros.h"
#include "utils/stop_signal.h"

namespace anneal {
namespace {

// A value that a flag gives as it is: a folder called "[1]" is no list.
config::Node::Entry TextOf(const std::string& flag, const std::string& key,
                           const std::string& text) {
  config::Place place;
  place.origin =
      std::make_shared<const std::string>(absl::StrCat(flag, " ", text));
  return {key, place, config::Node(text, place)};
}

std::vector<std::string> OverridesOf(const Flags& flags) {
  const auto it = flags.given.find("--cfg-options");
  return it == flags.given.end() ? std::vector<std::string>() : it->second;
}

bool IsAutoResume(const Flags& flags) {
  return flags.Has("--resume") && flags.Get("--resume", "auto") == "auto";
}

}  // namespace

std::vector<FlagSpec> ConfigFlags() {
  return {
      {"--work-dir", FlagKind::kValue, "DIR",
       "Folder of logs and checkpoints. Default: work_dirs/<config name>."},
      {"--resume", FlagKind::kOptional, "auto|PATH",
       "Go on from a checkpoint; auto, the default: the newest intact one."},
      {"--amp", FlagKind::kSwitch, "", "Train in mixed precision."},
      {"--auto-scale-lr", FlagKind::kSwitch, "",
       "Scale the learning rate to the real batch size."},
      {"--cfg-options", FlagKind::kList, "KEY=VALUE",
       "Change values of the config: a.b.0.c=v."},
      {"--launcher", FlagKind::kValue, "none",
       "What starts the ranks: none (one process), pytorch (torchrun), slurm "
       "(srun), mpi (mpirun), or local: this program starts --nproc of them."},
      {"--seed", FlagKind::kValue, "N", "Seed of the run."},
  };
}

absl::StatusOr<config::Node> LoadTreeWithFlags(const std::string& path,
                                               const Flags& flags) {
  ASSIGN_OR_RETURN(config::Node tree, config::LoadConfig(path));
  for (const std::string& override : OverridesOf(flags)) {
    RETURN_IF_ERROR(config::ApplyOverride(override, &tree));
  }
  return tree;
}

absl::StatusOr<config::ResolvedConfig> LoadConfigWithFlags(
    const std::string& path, const Flags& flags, const std::string& load_from) {
  std::vector<std::string> overrides = OverridesOf(flags);
  config::Node::Map values;
  auto set = [&](const std::string& key, const std::string& value) {
    overrides.push_back(absl::StrCat(key, "=", value));
  };
  if (flags.Has("--work-dir")) {
    values.push_back(TextOf("--work-dir", "work_dir", flags.Get("--work-dir")));
  }
  if (flags.Has("--launcher")) set("launcher", flags.Get("--launcher"));
  if (flags.Has("--seed")) set("randomness.seed", flags.Get("--seed"));
  if (flags.Has("--amp")) set("optim_wrapper.type", "AmpOptimWrapper");
  if (flags.Has("--auto-scale-lr")) set("auto_scale_lr.enable", "true");
  // Auto is the runner's to do: where there is no checkpoint yet the config's
  // own load_from counts.
  if (flags.Has("--resume") && !IsAutoResume(flags)) {
    set("resume", "true");
    values.push_back(TextOf("--resume", "load_from", flags.Get("--resume")));
  }
  if (!load_from.empty()) {
    values.push_back(TextOf("CHECKPOINT", "load_from", load_from));
  }
  return config::LoadRunnerConfig(path, overrides, RegistryIndex::Get(),
                                  values);
}

absl::StatusOr<std::unique_ptr<Runner>> MakeRunner(
    const std::string& path, const config::ResolvedConfig& config,
    const Flags& flags) {
  RunnerOptions options;
  options.auto_resume = IsAutoResume(flags);
  options.config_name = std::filesystem::path(path).stem().string();
  options.config_text.yaml = config::DumpYaml(config.tree);
  options.config_text.json = config::DumpJson(config.tree);
  options.external_stop = &StopSignal::Received;
  auto runner = Runner::Create(config.message, std::move(options));
  if (!runner.ok()) return config::LocateError(config.tree, runner.status());
  return runner;
}

FlagSpec NprocFlag() {
  return {"--nproc", FlagKind::kValue, "N",
          "With --launcher local: how many ranks."};
}

absl::StatusOr<std::optional<int>> LaunchRanks(
    const RunnerConfig& config, const Flags& flags,
    const std::vector<std::string>& args) {
  const bool is_local = config.launcher() == "local";
  if (!is_local && flags.Has("--nproc")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--nproc ", flags.Get("--nproc"),
        " is for --launcher local; with launcher ", config.launcher(),
        config.launcher() == "none"
            ? " there is one process"
            : " what starts this program says how many ranks there are"));
  }
  if (!is_local || dist::IsLocalRank()) return std::nullopt;
  dist::LocalLaunchOptions options;
  if (!absl::SimpleAtoi(flags.Get("--nproc"), &options.num_ranks) ||
      options.num_ranks < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--launcher local starts as many ranks as --nproc says, a whole number "
        "of at least 1; it is ",
        flags.Has("--nproc") ? absl::StrCat("\"", flags.Get("--nproc"), "\"")
                             : "not given"));
  }
  options.args = args;
  // Within it all have ended, the last ones killed. When the first rank ends
  // two thirds may be over: a half, if another one went silent, and a sixth in
  // which those that know of it end by themselves.
  const absl::Duration timeout =
      absl::Seconds(config.env_cfg().dist_cfg().failure_timeout());
  options.failure_timeout = timeout / 6;
  options.kill_timeout = std::min(options.kill_timeout, timeout / 8);
  return dist::RunLocalRanks(options);
}

void EnterUserFolder() {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (folder != nullptr && chdir(folder) != 0) {
    std::cerr << "can't enter " << folder << "\n";
  }
}

int ExitCode(const absl::Status& status, bool is_logged) {
  if (status.ok()) return 0;
  const bool is_terminal = isatty(STDERR_FILENO) != 0;
  if (!is_terminal || !is_logged || !Logger::IsTerminal()) {
    std::cerr << (is_terminal ? "\x1b[31m" : "") << status.message()
              << (is_terminal ? "\x1b[0m" : "") << std::endl;
  }
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
      return 130;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return 2;
    default:
      return 1;
  }
}

int ExitCodeOfRun(const config::ResolvedConfig& config,
                  const absl::Status& outcome) {
  const absl::Status located = config::LocateError(config.tree, outcome);
  return ExitCode(located, /*is_logged=*/located == outcome);
}

}  // namespace anneal
