// generate CONFIG CHECKPOINT [flags]: text from a trained GPT.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "config/runner_config.h"
#include "dist/communicator.h"
#include "dist/single_process.h"
#include "examples/shakespeare/vocabulary.h"
#include "logging/message_hub.h"
#include "model/gpt.h"
#include "runner/build.h"
#include "runner/checkpoint.h"
#include "strategy/strategy.h"
#include "tools/flags.h"
#include "tools/run_flags.h"
#include "utils/annotate.h"
#include "utils/random.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr char kAbout[] =
    "Prints a text that the GPT of CONFIG continues with the weights of "
    "CHECKPOINT.\n\n"
    "  generate examples/shakespeare/gpt.yaml work_dirs/gpt/iter_2000.pth\n"
    "  generate examples/shakespeare/gpt.yaml work_dirs/gpt/iter_2000.pth "
    "--prompt 'ROMEO:' --temperature 0.8";

struct Sampling {
  std::string prompt = "\n";
  int64_t count = 500;
  double temperature = 1;
  int64_t top_k = 0;
  int64_t seed = 0;
};

// The flag's integer in [least, most]; `*value` stays where it isn't given.
absl::Status ReadInteger(const Flags& flags, const std::string& name,
                         int64_t least, int64_t most, int64_t* value) {
  if (!flags.Has(name)) return absl::OkStatus();
  const std::string text = flags.Get(name);
  if (absl::SimpleAtoi(text, value) && *value >= least && *value <= most) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is \"", text, "\"; it must be an integer between ",
                   least, " and ", most));
}

absl::StatusOr<Sampling> ReadSampling(const Flags& flags) {
  constexpr int64_t kMost = int64_t{1} << 32;
  Sampling sampling;
  sampling.prompt = flags.Get("--prompt", sampling.prompt);
  RETURN_IF_ERROR(ReadInteger(flags, "--count", 1, kMost, &sampling.count));
  RETURN_IF_ERROR(ReadInteger(flags, "--top-k", 0, kMost, &sampling.top_k));
  RETURN_IF_ERROR(ReadInteger(flags, "--seed", 0, kMost - 1, &sampling.seed));
  const std::string temperature = flags.Get("--temperature", "1");
  if (!absl::SimpleAtod(temperature, &sampling.temperature) ||
      !(sampling.temperature > 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--temperature is \"", temperature, "\"; it must be a number above 0"));
  }
  return sampling;
}

absl::Status Generate(const std::string& config_path,
                      const std::string& checkpoint_path, const Flags& flags) {
  ASSIGN_OR_RETURN(const Sampling sampling, ReadSampling(flags));
  ASSIGN_OR_RETURN(config::ResolvedConfig config,
                   LoadConfigWithFlags(config_path, flags));
  // Nothing is trained.
  config.message.clear_optim_wrapper();
  const auto communicator = dist::SingleProcess();
  MessageHub message_hub;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Strategy> strategy,
      BuildStrategy(config.message, communicator.get(), &message_hub));
  auto* gpt = dynamic_cast<GPT*>(&strategy->model());
  if (gpt == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        config_path, ": its model is no GPT, which alone generates"));
  }
  ASSIGN_OR_RETURN(const Dict checkpoint, ReadCheckpoint(checkpoint_path));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary,
                   Vocabulary::Of(checkpoint, checkpoint_path));
  absl::StatusOr<at::Tensor> tokens = vocabulary.Encode(sampling.prompt);
  if (!tokens.ok()) return Annotate(tokens.status(), "--prompt");

  RETURN_IF_ERROR(LoadWeights(checkpoint, checkpoint_path, strategy.get(),
                              StateDictMatch::kStrict));
  gpt->eval();
  SetRandomSeed(sampling.seed, /*deterministic=*/false);
  ASSIGN_OR_RETURN(const at::Tensor text, CatchTorchError([&] {
                     return gpt->Generate(tokens->to(strategy->device()),
                                          sampling.count, sampling.temperature,
                                          sampling.top_k);
                   }));
  std::cout << vocabulary.Decode(text) << std::endl;
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  std::vector<FlagSpec> specs = {
      {"--prompt", FlagKind::kValue, "TEXT",
       "What the text begins with. Default: a line break."},
      {"--count", FlagKind::kValue, "N", "Characters to add. Default: 500."},
      {"--temperature", FlagKind::kValue, "T",
       "Below 1 safer, above 1 wilder. Default: 1."},
      {"--top-k", FlagKind::kValue, "K",
       "Draw from the K likeliest characters. Default: 0, from all."},
      {"--seed", FlagKind::kValue, "N", "Seed of the draws. Default: 0."},
  };
  for (const FlagSpec& spec : ConfigFlags()) {
    if (spec.name == "--cfg-options") specs.push_back(spec);
  }
  const FlagParser parser("generate CONFIG CHECKPOINT [flags]", kAbout, specs);
  const absl::StatusOr<Flags> flags =
      parser.Parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!flags.ok()) return ExitCode(flags.status());
  if (flags->Has("--help")) {
    std::cout << parser.Help();
    return 0;
  }
  if (flags->positional.size() != 2) {
    std::cerr << parser.Help();
    return 2;
  }
  EnterUserFolder();
  return ExitCode(Generate(flags->positional[0], flags->positional[1], *flags));
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
