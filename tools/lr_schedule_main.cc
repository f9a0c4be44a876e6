// lr_schedule CONFIG [flags]: the learning rates of a run, before it.

#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "config/lower.h"
#include "config/runner_config.h"
#include "dist/single_process.h"
#include "fileio/file_client.h"
#include "fileio/uri.h"
#include "logging/message_hub.h"
#include "optim/base_optim_wrapper.h"
#include "registry/registry_index.h"
#include "runner/auto_scale_lr.h"
#include "runner/build.h"
#include "runner/optimizer_schedulers.h"
#include "tools/chart.h"
#include "tools/flags.h"
#include "tools/loop_lengths.h"
#include "tools/lr_schedule.pb.h"
#include "tools/png_canvas.h"
#include "tools/run_flags.h"
#include "tools/schedule_table.h"
#include "tools/svg_canvas.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr char kAbout[] =
    "Shows what CONFIG's param_scheduler makes of the learning rate and of "
    "all\n"
    "else that it changes, iteration by iteration and group by group.\n\n"
    "  lr_schedule examples/mnist/lenet.yaml\n"
    "  lr_schedule examples/mnist/lenet.yaml --plot lr.png\n"
    "  lr_schedule my.yaml --iters-per-epoch 500 --json lr.json";

std::vector<FlagSpec> AllFlags() {
  return {
      {"--iters-per-epoch", FlagKind::kValue, "N",
       "Iterations an epoch. Only optim_wrapper, param_scheduler and train_cfg "
       "are read then, and the rates are those of a lone parameter group; "
       "without it the model and the train dataset are built."},
      {"--json", FlagKind::kValue, "FILE",
       "Write {\"lr\": [[group 0, group 1, ...], ...]}, a row an iteration."},
      {"--plot", FlagKind::kValue, "FILE",
       "Draw the curves, as .svg or .png, instead of in the terminal."},
      {"--cfg-options", FlagKind::kList, "KEY=VALUE",
       "Change values of the config: a.b.0.c=v."},
  };
}

// The table of every optimizer; with several, fields carry their names.
absl::StatusOr<ScheduleTable> TableOf(
    const BaseOptimWrapper::NamedOptimizers& optimizers,
    const SchedulerConfigs& configs, const ScheduleLengths& lengths,
    bool has_validation) {
  if (lengths.max_iters < 1) {
    return absl::InvalidArgumentError(
        "train_cfg trains for no iteration: there is nothing to show");
  }
  RETURN_IF_ERROR(CheckSchedulerNames(configs, optimizers));
  ScheduleTable all;
  for (const auto& [name, optimizer] : optimizers) {
    ASSIGN_OR_RETURN(
        auto schedulers,
        BuildSchedulersOf(configs, name, optimizer, lengths, has_validation));
    ASSIGN_OR_RETURN(
        ScheduleTable table,
        SimulateSchedule({&optimizer->param_groups(), &schedulers, lengths}));
    for (ScheduleTable::Field& field : table.fields) {
      if (!name.empty()) field.name = absl::StrCat(name, ".", field.name);
      all.fields.push_back(std::move(field));
    }
    for (std::string& note : table.notes) all.notes.push_back(std::move(note));
  }
  return all;
}

// The parts of the run that schedules depend on.
absl::StatusOr<ScheduleTable> TableOfRun(const std::string& path,
                                         const Flags& flags) {
  ASSIGN_OR_RETURN(const config::ResolvedConfig resolved,
                   LoadConfigWithFlags(path, flags));
  const RunnerConfig& config = resolved.message;
  RETURN_IF_ERROR(CheckSections(config));
  if (!HasMode(config, Mode::kTrain)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        " does not train: it has no train_dataloader, train_cfg and "
        "optim_wrapper; with --iters-per-epoch the last two are enough"));
  }
  const auto communicator = dist::SingleProcess();
  MessageHub message_hub;
  ASSIGN_OR_RETURN(auto strategy,
                   BuildStrategy(config, communicator.get(), &message_hub));
  ASSIGN_OR_RETURN(auto loader,
                   BuildLoader(config, Mode::kTrain, LoaderContext()));
  LoopContext context;
  context.strategy = strategy.get();
  context.communicator = communicator.get();
  context.loader = loader.get();
  ASSIGN_OR_RETURN(auto loop, BuildTrainLoop(config, context));
  ScheduleLengths lengths;
  lengths.epoch_length = loader->num_batches().value_or(0);
  lengths.max_epochs = loop->max_epochs();
  lengths.max_iters = loop->max_iters();
  const auto& optimizers = strategy->optim_wrapper()->optimizers();
  for (const auto& [name, optimizer] : optimizers) {
    RETURN_IF_ERROR(ScaleLearningRate(config.auto_scale_lr(),
                                      loop->global_batch_size(), optimizer));
  }
  return TableOf(
      optimizers,
      {config.param_scheduler(), config.param_scheduler_by_optimizer()},
      lengths, HasMode(config, Mode::kVal));
}

// The least model that there is; a matrix, since some optimizers take nothing
// else.
struct OneParameter : torch::nn::Module {
  OneParameter() { register_parameter("weight", at::zeros({1, 1})); }
};

// One of modules with the names ("generator", "backbone.neck") that optimizers
// are for; OneParameter where there are none.
std::shared_ptr<torch::nn::Module> LeastModel(
    const std::vector<std::string>& names) {
  if (names.empty()) return std::make_shared<OneParameter>();
  std::map<std::string, std::vector<std::string>> children;
  for (const std::string& name : names) {
    const std::pair<std::string, std::string> path =
        absl::StrSplit(name, absl::MaxSplits('.', 1));
    std::vector<std::string>& inner = children[path.first];
    if (!path.second.empty()) inner.push_back(path.second);
  }
  auto model = std::make_shared<torch::nn::Module>();
  for (const auto& [name, inner] : children) {
    model->register_module(name, LeastModel(inner));
  }
  return model;
}

// The names of a config's optimizers, none of a lone one.
std::vector<std::string> OptimizerNames(const config::Node& wrapper) {
  std::vector<std::string> names;
  const config::Node* named = wrapper.Find("optim_wrappers");
  const auto* map = named ? named->get_if<config::Node::Map>() : nullptr;
  if (map == nullptr) return names;
  for (const config::Node::Entry& entry : *map) names.push_back(entry.key);
  return names;
}

// Factors for parameters by name mean nothing without the parameters.
void EraseFactors(config::Node* wrapper) {
  if (wrapper->Find("paramwise_cfg") != nullptr) {
    wrapper->Erase("paramwise_cfg");
    wrapper->Erase("constructor");
    std::cerr << "paramwise_cfg needs the model: the rates are those before "
                 "its factors\n";
  }
  for (const std::string& name : OptimizerNames(*wrapper)) {
    EraseFactors(wrapper->Find("optim_wrappers")->Find(name));
  }
}

// The sections that schedules need, and nothing of the rest. `names`: the
// optimizers', none of a lone one.
absl::StatusOr<LrScheduleConfig> LoadSections(const std::string& path,
                                              const Flags& flags,
                                              std::vector<std::string>* names) {
  ASSIGN_OR_RETURN(config::Node tree, LoadTreeWithFlags(path, flags));
  config::FillShorthands(&tree);
  config::Node sections(config::Node::Map(), tree.place);
  for (const char* name : {"train_cfg", "optim_wrapper", "param_scheduler"}) {
    if (const config::Node* section = tree.Find(name)) {
      sections.Set(name, *section);
    }
  }
  config::Node* wrapper = sections.Find("optim_wrapper");
  if (wrapper != nullptr) {
    *names = OptimizerNames(*wrapper);
    EraseFactors(wrapper);
  }
  const config::Node* scope = tree.Find("default_scope");
  const auto* scope_name = scope ? scope->get_if<std::string>() : nullptr;
  const config::DefaultScope components(RegistryIndex::Get(),
                                        scope_name ? *scope_name : "");
  LrScheduleConfig config;
  RETURN_IF_ERROR(config::Lower(sections, components, &config));
  return config;
}

absl::StatusOr<ScheduleTable> TableOfSections(const std::string& path,
                                              const Flags& flags) {
  int64_t epoch_length;
  const std::string given = flags.Get("--iters-per-epoch");
  if (!absl::SimpleAtoi(given, &epoch_length) || epoch_length < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--iters-per-epoch is ", given, "; it must be a number, at least 1"));
  }
  std::vector<std::string> names;
  ASSIGN_OR_RETURN(const LrScheduleConfig config,
                   LoadSections(path, flags, &names));
  ASSIGN_OR_RETURN(const ScheduleLengths lengths,
                   LoopLengths(config.train_cfg(), epoch_length));
  const auto model = LeastModel(names);
  ASSIGN_OR_RETURN(const auto wrapper,
                   RegistryOf<BaseOptimWrapper>::Get().Build(
                       config.optim_wrapper(), *model, nullptr));
  return TableOf(
      wrapper->optimizers(),
      {config.param_scheduler(), config.param_scheduler_by_optimizer()},
      lengths, /*has_validation=*/true);
}

absl::StatusOr<std::string> Picture(const Chart& chart,
                                    const std::string& path) {
  std::unique_ptr<Canvas> canvas;
  if (absl::EndsWith(path, ".svg")) {
    canvas = std::make_unique<SvgCanvas>(chart.width(), chart.height());
  } else if (absl::EndsWith(path, ".png")) {
    canvas = std::make_unique<PngCanvas>(chart.width(), chart.height());
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "--plot is ", path, "; the file's name must end in .svg or .png"));
  }
  chart.Draw(canvas.get());
  return canvas->Encode();
}

absl::Status Show(const std::string& path, const Flags& flags) {
  absl::StatusOr<ScheduleTable> table;
  const absl::Status built = CatchTorchError([&] {
    table = flags.Has("--iters-per-epoch") ? TableOfSections(path, flags)
                                           : TableOfRun(path, flags);
    return table.status();
  });
  RETURN_IF_ERROR(built);
  Chart chart = table->ToChart();
  chart.title = std::filesystem::path(path).stem().string();
  if (flags.Has("--json")) {
    const std::string file = flags.Get("--json");
    RETURN_IF_ERROR(fileio::PutText(table->ToJson(), file));
    std::cerr << "wrote " << ShownPath(file) << "\n";
  }
  if (flags.Has("--plot")) {
    const std::string file = flags.Get("--plot");
    ASSIGN_OR_RETURN(const std::string picture, Picture(chart, file));
    RETURN_IF_ERROR(fileio::PutText(picture, file));
    std::cerr << "wrote " << ShownPath(file) << "\n";
    for (const std::string& note : table->notes) std::cerr << note << "\n";
  } else {
    std::cout << chart.ToText();
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const FlagParser parser("lr_schedule CONFIG [flags]", kAbout, AllFlags());
  const absl::StatusOr<Flags> flags =
      parser.Parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!flags.ok()) return ExitCode(flags.status());
  if (flags->Has("--help")) {
    std::cout << parser.Help();
    return 0;
  }
  EnterUserFolder();
  return ExitCode(Show(flags->positional[0], *flags));
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
