// From a command line to a run.
#ifndef ANNEAL_TOOLS_RUN_FLAGS_H_
#define ANNEAL_TOOLS_RUN_FLAGS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/node.h"
#include "config/runner_config.h"
#include "runner/runner.h"
#include "tools/flags.h"

namespace anneal {

// The flags that change a config: --cfg-options, --work-dir, --resume, --amp,
// --auto-scale-lr, --launcher, --seed.
std::vector<FlagSpec> ConfigFlags();

// The config file `path` with what --cfg-options changes, which no schema has
// checked.
absl::StatusOr<config::Node> LoadTreeWithFlags(const std::string& path,
                                               const Flags& flags);

// The config file `path` with the flags' changes, which errors and --provenance
// show. `load_from`: where not empty, in place of the config's.
absl::StatusOr<config::ResolvedConfig> LoadConfigWithFlags(
    const std::string& path, const Flags& flags,
    const std::string& load_from = "");

// The run of a config, by --resume without a path from its newest checkpoint;
// SIGINT and SIGTERM stop it. An error that is about a value of the config
// begins with the value's place.
absl::StatusOr<std::unique_ptr<Runner>> MakeRunner(
    const std::string& path, const config::ResolvedConfig& config,
    const Flags& flags);

// --nproc: how many ranks LaunchRanks starts.
FlagSpec NprocFlag();

// Where the launcher is local, and this process none of the ranks that it
// starts: runs the command `args` in --nproc ranks and gives the exit code when
// they have ended. Else nothing: the run takes place here. InvalidArgument for
// --nproc without the launcher, or the other way round.
absl::StatusOr<std::optional<int>> LaunchRanks(
    const RunnerConfig& config, const Flags& flags,
    const std::vector<std::string>& args);

// Goes to where the user stands: `bazel run` starts programs elsewhere.
void EnterUserFolder();

// Prints the status' message in red to standard error, if it is not OK, and
// gives the exit code: 0, 130 where a signal stopped the run (Cancelled), 2 for
// InvalidArgument and NotFound, mistakes of the user's for the most part, else
// 1. Where `is_logged` and the log's lines go to the terminal, the message
// stands there and is not printed again.
int ExitCode(const absl::Status& status, bool is_logged = false);

// The same of a run's outcome, which the log has. What is wrong with a value of
// the config is printed with the value's place (config/locate_error.h).
int ExitCodeOfRun(const config::ResolvedConfig& config,
                  const absl::Status& outcome);

}  // namespace anneal

#endif  // ANNEAL_TOOLS_RUN_FLAGS_H_
