#include "runner/build.h"

#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base_data_preprocessor.pb.h"
#include "model/data_preprocessor.h"
#include "runner/evaluation_loop.pb.h"
#include "strategy/ddp.pb.h"
#include "strategy/single_device.pb.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"
#include "visualization/local_vis_backend.pb.h"
#include "visualization/tensorboard_vis_backend.pb.h"
#include "visualization/visualizer.pb.h"

namespace anneal {
namespace {

using ::google::protobuf::Any;

// `section`, or `fallback` where it was not given.
Any Or(const Any& section, const google::protobuf::Message& fallback) {
  if (!section.type_url().empty()) return section;
  Any any;
  any.PackFrom(fallback);
  return any;
}

// What mmengine makes of these top-level fields, as a strategy.
absl::StatusOr<Any> DefaultStrategy(const RunnerConfig& config,
                                    const dist::Communicator& communicator) {
  const bool is_wrapped = config.has_model_wrapper_cfg() ||
                          config.has_sync_bn() ||
                          config.has_find_unused_parameters();
  if (config.has_strategy()) {
    if (!is_wrapped) return config.strategy();
    return absl::InvalidArgumentError(
        "model_wrapper_cfg, sync_bn and find_unused_parameters are for a "
        "config without strategy; give strategy.model_wrapper and "
        "strategy.sync_bn");
  }
  if (communicator.world_size() == 1) {
    return Or(Any(), SingleDeviceStrategyConfig());
  }
  DDPStrategyConfig ddp;
  if (config.has_model_wrapper_cfg()) {
    *ddp.mutable_model_wrapper() = config.model_wrapper_cfg();
  } else {
    // mmengine's own wrapper.
    ddp.mutable_model_wrapper()->set_broadcast_buffers(false);
    ddp.mutable_model_wrapper()->set_find_unused_parameters(
        config.find_unused_parameters());
  }
  if (config.has_sync_bn()) ddp.set_sync_bn(config.sync_bn());
  return Or(Any(), ddp);
}

VisualizerConfig DefaultVisualizer() {
  VisualizerConfig config;
  config.add_vis_backends()->PackFrom(LocalVisBackendConfig());
  config.add_vis_backends()->PackFrom(TensorboardVisBackendConfig());
  return config;
}

const Any& LoaderSection(const RunnerConfig& config, Mode mode) {
  switch (mode) {
    case Mode::kTrain:
      return config.train_dataloader();
    case Mode::kVal:
      return config.val_dataloader();
    case Mode::kTest:
      break;
  }
  return config.test_dataloader();
}

// Either all or none of the sections of a mode.
absl::Status CheckTogether(
    std::initializer_list<std::pair<const char*, bool>> sections) {
  std::vector<std::string> given;
  std::vector<std::string> missing;
  for (const auto& [name, is_given] : sections) {
    (is_given ? given : missing).push_back(name);
  }
  if (given.empty() || missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the config has ", absl::StrJoin(given, ", "), " but no ",
                   absl::StrJoin(missing, ", "), "; give all of them or none"));
}

}  // namespace

absl::Status CheckSections(const RunnerConfig& config) {
  RETURN_IF_ERROR(
      CheckTogether({{"train_dataloader", config.has_train_dataloader()},
                     {"train_cfg", config.has_train_cfg()},
                     {"optim_wrapper", config.has_optim_wrapper()}}));
  RETURN_IF_ERROR(
      CheckTogether({{"val_dataloader", config.has_val_dataloader()},
                     {"val_evaluator", config.val_evaluator_size() > 0}}));
  return CheckTogether({{"test_dataloader", config.has_test_dataloader()},
                        {"test_evaluator", config.test_evaluator_size() > 0}});
}

bool HasMode(const RunnerConfig& config, Mode mode) {
  return !LoaderSection(config, mode).type_url().empty();
}

absl::StatusOr<std::unique_ptr<Visualizer>> BuildVisualizer(
    const RunnerConfig& config, const std::string& vis_dir) {
  return RegistryOf<Visualizer>::Get().Build(
      Or(config.visualizer(), DefaultVisualizer()), vis_dir);
}

absl::StatusOr<std::unique_ptr<LogProcessor>> BuildLogProcessor(
    const RunnerConfig& config) {
  return RegistryOf<LogProcessor>::Get().Build(
      Or(config.log_processor(), LogProcessorConfig()));
}

absl::StatusOr<std::unique_ptr<Strategy>> BuildStrategy(
    const RunnerConfig& config, dist::Communicator* communicator,
    MessageHub* message_hub) {
  // LibTorch throws at sizes that no layer can have.
  ASSIGN_OR_RETURN(std::shared_ptr<BaseModel> model, CatchTorchError([&] {
                     return RegistryOf<BaseModel>::Get().Build(config.model());
                   }));
  ASSIGN_OR_RETURN(auto preprocessor, RegistryOf<DataPreprocessor>::Get().Build(
                                          Or(config.data_preprocessor(),
                                             BaseDataPreprocessorConfig())));
  ASSIGN_OR_RETURN(const Any section, DefaultStrategy(config, *communicator));
  ASSIGN_OR_RETURN(std::unique_ptr<Strategy> strategy,
                   RegistryOf<Strategy>::Get().Build(section, communicator));
  model->set_data_preprocessor(std::move(preprocessor));
  RETURN_IF_ERROR(strategy->Prepare(
      std::move(model),
      config.has_optim_wrapper() ? &config.optim_wrapper() : nullptr,
      message_hub));
  return strategy;
}

absl::StatusOr<std::unique_ptr<DataLoader>> BuildLoader(
    const RunnerConfig& config, Mode mode, const LoaderContext& context) {
  return RegistryOf<DataLoader>::Get().Build(LoaderSection(config, mode),
                                             context);
}

absl::StatusOr<std::unique_ptr<Evaluator>> BuildEvaluator(
    const RunnerConfig& config, Mode mode, dist::Communicator* communicator) {
  std::vector<std::unique_ptr<Metric>> metrics;
  for (const Any& metric :
       mode == Mode::kVal ? config.val_evaluator() : config.test_evaluator()) {
    ASSIGN_OR_RETURN(metrics.emplace_back(),
                     RegistryOf<Metric>::Get().Build(metric));
  }
  return std::make_unique<Evaluator>(std::move(metrics), communicator);
}

absl::StatusOr<std::unique_ptr<Loop>> BuildEvaluationLoop(
    const RunnerConfig& config, Mode mode, const LoopContext& context) {
  const Any section = mode == Mode::kVal
                          ? Or(config.val_cfg(), ValLoopConfig())
                          : Or(config.test_cfg(), TestLoopConfig());
  return RegistryOf<Loop>::Get().Build(section, context);
}

absl::StatusOr<std::unique_ptr<TrainLoop>> BuildTrainLoop(
    const RunnerConfig& config, const LoopContext& context) {
  ASSIGN_OR_RETURN(std::unique_ptr<Loop> loop,
                   RegistryOf<Loop>::Get().Build(config.train_cfg(), context));
  auto* train_loop = dynamic_cast<TrainLoop*>(loop.get());
  if (train_loop == nullptr) {
    return absl::InvalidArgumentError(
        "train_cfg.type is no train loop; use EpochBasedTrainLoop, "
        "IterBasedTrainLoop or a TrainLoop of your own");
  }
  loop.release();
  return std::unique_ptr<TrainLoop>(train_loop);
}

}  // namespace anneal
