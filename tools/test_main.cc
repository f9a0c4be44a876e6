// test CONFIG CHECKPOINT [flags]: evaluates a trained model.

#include <iostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/flags.h"
#include "tools/run_flags.h"

namespace anneal {
namespace {

constexpr char kAbout[] =
    "Evaluates the weights of CHECKPOINT by the config's test_dataloader and\n"
    "test_evaluator, or by its val_dataloader and val_evaluator where it\n"
    "has no test sections.";

// Leaves of a training's config what an evaluation needs: no optimizer.
void KeepEvaluation(RunnerConfig* run) {
  run->clear_train_dataloader();
  run->clear_train_cfg();
  run->clear_optim_wrapper();
  run->clear_param_scheduler();
  run->clear_param_scheduler_by_optimizer();
  run->clear_auto_scale_lr();
  if (!run->has_test_dataloader() && run->has_val_dataloader()) {
    *run->mutable_test_dataloader() = run->val_dataloader();
    *run->mutable_test_evaluator() = run->val_evaluator();
  }
}

int Main(int argc, char** argv) {
  std::vector<FlagSpec> specs;
  for (const FlagSpec& spec : ConfigFlags()) {
    const bool is_for_test = spec.name == "--work-dir" ||
                             spec.name == "--cfg-options" ||
                             spec.name == "--launcher" || spec.name == "--seed";
    if (is_for_test) specs.push_back(spec);
  }
  specs.push_back(NprocFlag());
  const FlagParser parser("test CONFIG CHECKPOINT [flags]", kAbout, specs);
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
      LoadConfigWithFlags(path, *flags, flags->positional[1]);
  if (!config.ok()) return ExitCode(config.status());
  const auto launched = LaunchRanks(config->message, *flags, args);
  if (!launched.ok()) return ExitCode(launched.status());
  if (launched->has_value()) return **launched;
  KeepEvaluation(&config->message);
  const auto runner = MakeRunner(path, *config, *flags);
  if (!runner.ok()) return ExitCode(runner.status());
  absl::Status outcome = (*runner)->Test();
  if (outcome.ok()) outcome = (*runner)->Finish();
  return ExitCodeOfRun(*config, outcome);
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
