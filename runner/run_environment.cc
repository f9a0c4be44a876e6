#include "runner/run_environment.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "logging/log.h"
#include "utils/collect_env.h"
#include "utils/random.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// meta.seed, if the checkpoint has one.
absl::StatusOr<absl::optional<int64_t>> SavedSeed(const Dict& checkpoint) {
  const Value* meta = checkpoint.Find("meta");
  const Dict* dict = meta == nullptr ? nullptr : meta->get_if<Dict>();
  const Value* saved = dict == nullptr ? nullptr : dict->Find("seed");
  if (saved == nullptr || saved->is_none()) return absl::optional<int64_t>();
  ASSIGN_OR_RETURN(const int64_t seed, saved->AsInt("meta.seed"));
  return absl::optional<int64_t>(seed);
}

std::string PythonBool(bool value) { return value ? "True" : "False"; }

}  // namespace

absl::Status RaiseOpenFilesLimit(int32_t wanted) {
  if (wanted < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "env_cfg.resource_limit is ", wanted, "; it must be at least 1"));
  }
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return absl::OkStatus();
  limit.rlim_cur =
      std::min(std::max<rlim_t>(wanted, limit.rlim_cur), limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    ANNEAL_LOG(WARNING) << "env_cfg.resource_limit: the limit of open files "
                           "stays as it is: "
                        << std::strerror(errno);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ChooseSeed(const Randomness& config,
                                   const Dict* resumed,
                                   dist::Communicator* communicator) {
  absl::optional<int64_t> seed;
  if (resumed != nullptr) {
    ASSIGN_OR_RETURN(seed, SavedSeed(*resumed));
    if (seed && config.has_seed() && config.seed() != *seed) {
      ANNEAL_LOG(WARNING) << "the checkpoint was trained with seed " << *seed
                          << ", the config says " << config.seed()
                          << "; the checkpoint's is used";
    }
  }
  const bool is_saved = seed.has_value();
  if (!seed && config.has_seed()) seed = config.seed();
  if (!seed) {
    ASSIGN_OR_RETURN(seed, communicator->SyncRandomSeed(std::random_device()() &
                                                        0x7fffffff));
  }
  if (*seed < 0 || *seed > 0xffffffffLL) {
    return absl::InvalidArgumentError(absl::StrCat(
        is_saved ? "the checkpoint's meta.seed" : "randomness.seed", " is ",
        *seed, "; it must be between 0 and 4294967295"));
  }
  return *seed;
}

absl::Status ApplyEnvironment(const RunnerConfig& config, int64_t seed,
                              int rank) {
  const Randomness& randomness = config.randomness();
  SetRandomSeed(seed + (randomness.diff_rank_seed() ? rank : 0),
                randomness.deterministic());
  // cuDNN's fastest algorithm may differ from run to run.
  at::globalContext().setBenchmarkCuDNN(config.env_cfg().cudnn_benchmark() &&
                                        !randomness.deterministic());
  if (!config.env_cfg().has_num_threads()) return absl::OkStatus();
  if (config.env_cfg().num_threads() < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("env_cfg.num_threads is ", config.env_cfg().num_threads(),
                     "; it must be at least 1"));
  }
  at::set_num_threads(config.env_cfg().num_threads());
  return absl::OkStatus();
}

std::string DescribeEnvironment(const RunnerConfig& config, int64_t seed,
                                const dist::Communicator& communicator) {
  const Randomness& randomness = config.randomness();
  return EnvironmentBlock(
      CollectEnv(),
      {{"cudnn_benchmark", PythonBool(config.env_cfg().cudnn_benchmark())},
       {"seed", absl::StrCat(seed)},
       {"deterministic", PythonBool(randomness.deterministic())},
       {"diff_rank_seed", PythonBool(randomness.diff_rank_seed())},
       {"Distributed launcher", config.launcher()},
       {"Distributed training", PythonBool(communicator.world_size() > 1)},
       {"Ranks", absl::StrCat(communicator.world_size())}});
}

}  // namespace anneal
