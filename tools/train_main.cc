// train CONFIG [flags]: trains, validates, saves, resumes.

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hooks/hook.h"
#include "hooks/progress_bar_hook.pb.h"
#include "tools/flags.h"
#include "tools/run_flags.h"
#include "utils/status_macros.h"
#include "utils/stop_signal.h"

namespace anneal {
namespace {

constexpr char kAbout[] =
    "Trains the model that CONFIG (.yaml, .py, .json or .textproto)\n"
    "describes.\n\n"
    "  train examples/mnist/lenet.yaml\n"
    "  train examples/mnist/lenet.yaml --cfg-options train_cfg.max_epochs=2\n"
    "  train examples/mnist/lenet.yaml --resume";

absl::StatusOr<std::unique_ptr<Runner>> Prepare(const std::string& path,
                                                const Flags& flags) {
  ASSIGN_OR_RETURN(config::ResolvedConfig config,
                   LoadConfigWithFlags(path, flags));
  config.message.add_custom_hooks()->PackFrom(ProgressBarHookConfig());
  return MakeRunner(path, config, flags);
}

int Main(int argc, char** argv) {
  const FlagParser parser("train CONFIG [flags]", kAbout, ConfigFlags());
  const absl::StatusOr<Flags> flags =
      parser.Parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!flags.ok()) return ExitCode(flags.status());
  if (flags->Has("--help")) {
    std::cout << parser.Help();
    return 0;
  }
  EnterUserFolder();
  const StopSignal stop;
  const auto runner = Prepare(flags->positional[0], *flags);
  if (!runner.ok()) return ExitCode(runner.status());
  absl::Status outcome = (*runner)->Train();
  if (outcome.ok()) outcome = (*runner)->Finish();
  return ExitCode(outcome, /*is_logged=*/true);
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
