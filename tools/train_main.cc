// train CONFIG [flags]: trains, validates, saves, resumes.

#include <iostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hooks/hook.h"
#include "hooks/progress_bar_hook.pb.h"
#include "tools/flags.h"
#include "tools/run_flags.h"
#include "utils/stop_signal.h"

namespace anneal {
namespace {

constexpr char kAbout[] =
    "Trains the model that CONFIG (.yaml, .py, .json or .textproto)\n"
    "describes.\n\n"
    "  train examples/mnist/lenet.yaml\n"
    "  train examples/mnist/lenet.yaml --cfg-options train_cfg.max_epochs=2\n"
    "  train examples/mnist/lenet.yaml --resume\n"
    "  train examples/mnist/lenet.yaml --launcher local --nproc 2";

int Main(int argc, char** argv) {
  std::vector<FlagSpec> specs = ConfigFlags();
  specs.push_back(NprocFlag());
  const FlagParser parser("train CONFIG [flags]", kAbout, specs);
  const std::vector<std::string> args(argv, argv + argc);
  const absl::StatusOr<Flags> flags =
      parser.Parse(std::vector<std::string>(args.begin() + 1, args.end()));
  if (!flags.ok()) return ExitCode(flags.status());
  if (flags->Has("--help")) {
    std::cout << parser.Help();
    return 0;
  }
  EnterUserFolder();
  const std::string& path = flags->positional[0];
  absl::StatusOr<config::ResolvedConfig> config =
      LoadConfigWithFlags(path, *flags);
  if (!config.ok()) return ExitCode(config.status());
  const auto launched = LaunchRanks(config->message, *flags, args);
  if (!launched.ok()) return ExitCode(launched.status());
  if (launched->has_value()) return **launched;
  const StopSignal stop;
  config->message.add_custom_hooks()->PackFrom(ProgressBarHookConfig());
  const auto runner = MakeRunner(path, *config, *flags);
  if (!runner.ok()) return ExitCode(runner.status());
  absl::Status outcome = (*runner)->Train();
  if (outcome.ok()) outcome = (*runner)->Finish();
  return ExitCodeOfRun(*config, outcome);
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
