// generate CONFIG CHECKPOINT [flags]: text from a trained GPT.

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "config/runner_config.h"
#include "dist/communicator.h"
#include "dist/single_process.h"
#include "logging/message_hub.h"
#include "model/gpt.h"
#include "runner/checkpoint.h"
#include "strategy/single_device.pb.h"
#include "strategy/strategy.h"
#include "tools/flags.h"
#include "tools/run_flags.h"
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
  if (sampling.prompt.empty()) {
    return absl::InvalidArgumentError(
        "--prompt is empty; it must have at least one character");
  }
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

// The characters that a CharDataset numbered, as its runs save them.
class Vocabulary {
 public:
  // InvalidArgument for a checkpoint that names no characters.
  static absl::StatusOr<Vocabulary> Of(const Dict& checkpoint,
                                       const std::string& path) {
    const Value* value = &Descend(&checkpoint, "meta");
    value = &Descend(value->get_if<Dict>(), "dataset_meta");
    value = &Descend(value->get_if<Dict>(), "vocab");
    const auto* list = value->get_if<Value::List>();
    if (list == nullptr || list->empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          path,
          ": has no meta.dataset_meta.vocab, the characters of the "
          "training text; take a checkpoint of a run on a CharDataset"));
    }
    Vocabulary vocabulary;
    for (const Value& item : *list) {
      ASSIGN_OR_RETURN(std::string text,
                       item.AsString(path + ": meta.dataset_meta.vocab"));
      vocabulary.numbers_.emplace(text, vocabulary.texts_.size());
      vocabulary.texts_.push_back(std::move(text));
    }
    return vocabulary;
  }

  // The numbers of a text's bytes, int64 [1, T].
  absl::StatusOr<at::Tensor> Encode(const std::string& text) const {
    std::vector<int64_t> tokens;
    for (const char c : text) {
      auto found = numbers_.find(std::string(1, c));
      if (found == numbers_.end()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--prompt has the character \"",
            absl::CHexEscape(std::string(1, c)),
            "\", which the training text doesn't have; it has: ", Printable()));
      }
      tokens.push_back(found->second);
    }
    return at::tensor(tokens, at::kLong).unsqueeze(0);
  }

  // The text of int64 [1, T]; "?" for numbers that no character has.
  std::string Decode(const at::Tensor& tokens) const {
    const at::Tensor row = tokens.cpu().contiguous();
    const auto* token = row.const_data_ptr<int64_t>();
    std::string text;
    for (int64_t i = 0; i < row.numel(); ++i) {
      const auto number = static_cast<size_t>(token[i]);
      text += number < texts_.size() ? texts_[number] : "?";
    }
    return text;
  }

 private:
  static const Value& Descend(const Dict* dict, const char* key) {
    static const Value none;
    const Value* value = dict == nullptr ? nullptr : dict->Find(key);
    return value == nullptr ? none : *value;
  }
  std::string Printable() const {
    std::string all;
    for (const std::string& text : texts_) {
      if (text > " ") all += text;
    }
    return all;
  }

  std::vector<std::string> texts_;
  std::map<std::string, int64_t> numbers_;
};

absl::Status Generate(const std::string& config_path,
                      const std::string& checkpoint_path, const Flags& flags) {
  ASSIGN_OR_RETURN(const Sampling sampling, ReadSampling(flags));
  ASSIGN_OR_RETURN(const config::ResolvedConfig config,
                   LoadConfigWithFlags(config_path, flags));
  ASSIGN_OR_RETURN(std::shared_ptr<BaseModel> model,
                   RegistryOf<BaseModel>::Get().Build(config.message.model()));
  const auto gpt = std::dynamic_pointer_cast<GPT>(model);
  if (gpt == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(config_path,
                     ": its model is no GPT, which alone "
                     "generates"));
  }
  ASSIGN_OR_RETURN(const Dict checkpoint, ReadCheckpoint(checkpoint_path));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary,
                   Vocabulary::Of(checkpoint, checkpoint_path));
  ASSIGN_OR_RETURN(at::Tensor tokens, vocabulary.Encode(sampling.prompt));

  const auto communicator = dist::SingleProcess();
  google::protobuf::Any strategy_config;
  strategy_config.PackFrom(SingleDeviceStrategyConfig());
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Strategy> strategy,
      RegistryOf<Strategy>::Get().Build(strategy_config, communicator.get()));
  MessageHub message_hub;
  RETURN_IF_ERROR(
      strategy->Prepare(model, /*optim_wrapper=*/nullptr, &message_hub));
  RETURN_IF_ERROR(LoadWeights(checkpoint, checkpoint_path, strategy.get(),
                              StateDictMatch::kStrict));
  model->eval();
  SetRandomSeed(sampling.seed, /*deterministic=*/false);
  ASSIGN_OR_RETURN(tokens, CatchTorchError([&] {
                     return gpt->Generate(tokens.to(strategy->device()),
                                          sampling.count, sampling.temperature,
                                          sampling.top_k);
                   }));
  std::cout << vocabulary.Decode(tokens) << std::endl;
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
