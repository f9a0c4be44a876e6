// test CONFIG CHECKPOINT [flags]: evaluates a trained model.

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/flags.h"
#include "tools/run_flags.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kAbout[] =
    "Evaluates the weights of CHECKPOINT by the config's test_dataloader and\n"
    "test_evaluator, or by its val_dataloader and val_evaluator where it\n"
    "has no test sections.";

absl::StatusOr<std::unique_ptr<Runner>> Prepare(const std::string& path,
                                                const std::string& checkpoint,
                                                const Flags& flags) {
  ASSIGN_OR_RETURN(config::ResolvedConfig config,
                   LoadConfigWithFlags(path, flags, checkpoint));
  RunnerConfig& run = config.message;
  // An evaluation needs no optimizer.
  run.clear_train_dataloader();
  run.clear_train_cfg();
  run.clear_optim_wrapper();
  run.clear_param_scheduler();
  run.clear_auto_scale_lr();
  if (!run.has_test_dataloader() && run.has_val_dataloader()) {
    *run.mutable_test_dataloader() = run.val_dataloader();
    *run.mutable_test_evaluator() = run.val_evaluator();
  }
  return MakeRunner(path, config, flags);
}

int Main(int argc, char** argv) {
  std::vector<FlagSpec> specs;
  for (const FlagSpec& spec : ConfigFlags()) {
    const bool is_for_test = spec.name == "--work-dir" ||
                             spec.name == "--cfg-options" ||
                             spec.name == "--launcher" || spec.name == "--seed";
    if (is_for_test) specs.push_back(spec);
  }
  const FlagParser parser("test CONFIG CHECKPOINT [flags]", kAbout, specs);
  const absl::StatusOr<Flags> flags =
      parser.Parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!flags.ok()) return ExitCode(flags.status());
  if (flags->Has("--help")) {
    std::cout << parser.Help();
    return 0;
  }
  EnterUserFolder();
  const auto runner =
      Prepare(flags->positional[0], flags->positional[1], *flags);
  if (!runner.ok()) return ExitCode(runner.status());
  absl::Status outcome = (*runner)->Test();
  if (outcome.ok()) outcome = (*runner)->Finish();
  return ExitCode(outcome, /*is_logged=*/true);
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
