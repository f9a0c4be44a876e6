#include "runner/runner.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dist/launcher.h"
#include "fileio/file_client.h"
#include "fileio/pth.h"
#include "logging/log.h"
#include "logging/logger.h"
#include "model/base_data_preprocessor.pb.h"
#include "model/batch_norm.h"
#include "model/data_preprocessor.h"
#include "runner/default_hooks.h"
#include "runner/test_loop.pb.h"
#include "runner/val_loop.pb.h"
#include "strategy/single_device.pb.h"
#include "utils/collect_env.h"
#include "utils/path.h"
#include "utils/random.h"
#include "utils/status_macros.h"
#include "visualization/local_vis_backend.pb.h"
#include "visualization/tensorboard_vis_backend.pb.h"
#include "visualization/visualizer.pb.h"

namespace anneal {
namespace {

google::protobuf::Any AnyOf(const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  return any;
}

VisualizerConfig DefaultVisualizer() {
  VisualizerConfig config;
  config.add_vis_backends()->PackFrom(LocalVisBackendConfig());
  config.add_vis_backends()->PackFrom(TensorboardVisBackendConfig());
  return config;
}

std::string PythonBool(bool value) { return value ? "True" : "False"; }

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

}  // namespace

absl::StatusOr<std::unique_ptr<Runner>> Runner::Create(
    const RunnerConfig& config, RunnerOptions options) {
  RETURN_IF_ERROR(CheckSections(config));
  std::unique_ptr<Runner> runner(new Runner(config, std::move(options)));
  ASSIGN_OR_RETURN(runner->communicator_, dist::Launch(config.launcher()));
  RETURN_IF_ERROR(runner->SetUpFolders());
  RETURN_IF_ERROR(runner->FindCheckpoint());
  RETURN_IF_ERROR(runner->SetUpRandomness());
  runner->LogEnvironment();
  RETURN_IF_ERROR(runner->BuildParts());
  RETURN_IF_ERROR(runner->BuildHooks());
  return runner;
}

Runner::Runner(const RunnerConfig& config, RunnerOptions options)
    : config_(config), options_(std::move(options)), hooks_(this) {
  if (options_.config_name.empty()) options_.config_name = "run";
}

Runner::~Runner() = default;

absl::Status Runner::SetUpFolders() {
  timestamp_ =
      absl::FormatTime("%Y%m%d_%H%M%S", absl::Now(), absl::LocalTimeZone());
  const std::string& name = config_.has_experiment_name()
                                ? config_.experiment_name()
                                : options_.config_name;
  experiment_name_ = absl::StrCat(name, "_", timestamp_);
  work_dir_ = config_.has_work_dir()
                  ? config_.work_dir()
                  : absl::StrCat("work_dirs/", options_.config_name);
  ASSIGN_OR_RETURN(work_dir_, AbsolutePath(work_dir_));
  log_dir_ = absl::StrCat(work_dir_, "/", timestamp_);
  RETURN_IF_ERROR(MkdirOrExist(log_dir_));
  Logger::Options logging;
  logging.level = config_.log_level();
  logging.is_main_rank = communicator_->is_main_rank();
  logging.path = absl::StrCat(log_dir_, "/", timestamp_, ".log");
  return Logger::Initialize(logging);
}

absl::Status Runner::FindCheckpoint() {
  if (!config_.load_from().empty()) {
    ASSIGN_OR_RETURN(Dict checkpoint, ReadCheckpoint(config_.load_from()));
    checkpoint_ = LatestCheckpoint{config_.load_from(), std::move(checkpoint)};
    return absl::OkStatus();
  }
  if (!config_.resume()) return absl::OkStatus();
  absl::StatusOr<LatestCheckpoint> latest = FindLatestCheckpoint(work_dir_);
  if (latest.ok()) {
    checkpoint_ = *std::move(latest);
    ANNEAL_LOG(INFO) << "Auto resumed from the latest checkpoint "
                     << checkpoint_->path << ".";
  } else if (absl::IsNotFound(latest.status())) {
    ANNEAL_LOG(INFO) << latest.status().message() << "; training starts anew.";
  } else {
    return latest.status();
  }
  return absl::OkStatus();
}

absl::Status Runner::SetUpRandomness() {
  const Randomness& randomness = config_.randomness();
  absl::optional<int64_t> seed;
  if (randomness.has_seed()) seed = randomness.seed();
  if (config_.resume() && checkpoint_) {
    const Value* meta = checkpoint_->checkpoint.Find("meta");
    const Dict* dict = meta == nullptr ? nullptr : meta->get_if<Dict>();
    const Value* saved = dict == nullptr ? nullptr : dict->Find("seed");
    if (saved != nullptr && !saved->is_none()) {
      ASSIGN_OR_RETURN(const int64_t resumed, saved->AsInt("meta.seed"));
      if (seed && *seed != resumed) {
        ANNEAL_LOG(WARNING)
            << "the checkpoint was trained with seed " << resumed
            << ", the config says " << *seed << "; the checkpoint's is used";
      }
      seed = resumed;
    }
  }
  if (!seed) {
    ASSIGN_OR_RETURN(seed, communicator_->SyncRandomSeed(
                               std::random_device()() & 0x7fffffff));
  }
  if (*seed < 0 || *seed > 0xffffffffLL) {
    return absl::InvalidArgumentError(absl::StrCat(
        "randomness.seed is ", *seed, "; it must be between 0 and 4294967295"));
  }
  seed_ = *seed;
  const int64_t rank_seed =
      randomness.diff_rank_seed() ? seed_ + communicator_->rank() : seed_;
  SetRandomSeed(rank_seed, randomness.deterministic());
  if (config_.env_cfg().has_num_threads()) {
    if (config_.env_cfg().num_threads() < 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "env_cfg.num_threads is ", config_.env_cfg().num_threads(),
          "; it must be at least 1"));
    }
    SetNumThreads(config_.env_cfg().num_threads());
  }
  return absl::OkStatus();
}

void Runner::LogEnvironment() const {
  const std::vector<std::pair<std::string, std::string>> runtime = {
      {"cudnn_benchmark", PythonBool(config_.env_cfg().cudnn_benchmark())},
      {"seed", absl::StrCat(seed_)},
      {"deterministic", PythonBool(config_.randomness().deterministic())},
      {"diff_rank_seed", PythonBool(config_.randomness().diff_rank_seed())},
      {"Distributed launcher", config_.launcher()},
      {"Distributed training", PythonBool(communicator_->world_size() > 1)},
      {"Ranks", absl::StrCat(communicator_->world_size())},
  };
  ANNEAL_LOG(INFO) << EnvironmentBlock(CollectEnv(), runtime);
  if (!options_.config_text.yaml.empty()) {
    ANNEAL_LOG(INFO) << "Config:\n" << options_.config_text.yaml;
  }
}

absl::Status Runner::BuildParts() {
  const bool is_main = communicator_->is_main_rank();
  ASSIGN_OR_RETURN(
      visualizer_,
      RegistryOf<Visualizer>::Get().Build(
          config_.has_visualizer() ? config_.visualizer()
                                   : AnyOf(DefaultVisualizer()),
          is_main ? absl::StrCat(log_dir_, "/vis_data") : std::string()));
  visualizer_->AddConfig(options_.config_text);
  ASSIGN_OR_RETURN(log_processor_, RegistryOf<LogProcessor>::Get().Build(
                                       config_.has_log_processor()
                                           ? config_.log_processor()
                                           : AnyOf(LogProcessorConfig())));
  ASSIGN_OR_RETURN(std::shared_ptr<BaseModel> model,
                   RegistryOf<BaseModel>::Get().Build(config_.model()));
  ASSIGN_OR_RETURN(auto preprocessor,
                   RegistryOf<DataPreprocessor>::Get().Build(
                       config_.has_data_preprocessor()
                           ? config_.data_preprocessor()
                           : AnyOf(BaseDataPreprocessorConfig())));
  ASSIGN_OR_RETURN(strategy_, RegistryOf<Strategy>::Get().Build(
                                  config_.has_strategy()
                                      ? config_.strategy()
                                      : AnyOf(SingleDeviceStrategyConfig()),
                                  communicator_.get()));
  preprocessor->set_device(strategy_->device());
  model->set_data_preprocessor(std::move(preprocessor));
  return strategy_->Prepare(
      std::move(model),
      config_.has_optim_wrapper() ? &config_.optim_wrapper() : nullptr,
      &message_hub_);
}

absl::Status Runner::BuildHooks() {
  RETURN_IF_ERROR(AddConfiguredHooks(config_, &hooks_));
  ANNEAL_LOG(INFO) << "Hooks will be executed in the following order:\n"
                   << hooks_.Info();
  return absl::OkStatus();
}

absl::Status Runner::BuildLoader(Mode mode,
                                 const google::protobuf::Any& config) {
  LoaderContext context;
  context.rank = communicator_->rank();
  context.world_size = communicator_->world_size();
  context.seed = seed_;
  context.pin_memory = !strategy_->device().is_cpu();
  ASSIGN_OR_RETURN(loaders_[static_cast<int>(mode)],
                   RegistryOf<DataLoader>::Get().Build(config, context));
  return absl::OkStatus();
}

absl::Status Runner::BuildEvaluation(Mode mode) {
  const bool is_val = mode == Mode::kVal;
  const int index = static_cast<int>(mode);
  RETURN_IF_ERROR(BuildLoader(
      mode, is_val ? config_.val_dataloader() : config_.test_dataloader()));
  std::vector<std::unique_ptr<Metric>> metrics;
  for (const auto& metric :
       is_val ? config_.val_evaluator() : config_.test_evaluator()) {
    ASSIGN_OR_RETURN(metrics.emplace_back(),
                     RegistryOf<Metric>::Get().Build(metric));
  }
  evaluators_[index] =
      std::make_unique<Evaluator>(std::move(metrics), communicator_.get());
  evaluators_[index]->set_dataset_meta(loaders_[index]->dataset().metainfo());
  LoopContext context;
  context.hooks = &hooks_;
  context.strategy = strategy_.get();
  context.loader = loaders_[index].get();
  context.evaluator = evaluators_[index].get();
  const google::protobuf::Any config =
      is_val ? config_.val_cfg() : config_.test_cfg();
  const google::protobuf::Any fallback =
      is_val ? AnyOf(ValLoopConfig()) : AnyOf(TestLoopConfig());
  ASSIGN_OR_RETURN(evaluation_loops_[index],
                   RegistryOf<Loop>::Get().Build(
                       config.type_url().empty() ? fallback : config, context));
  return absl::OkStatus();
}

absl::Status Runner::BuildTraining() {
  RETURN_IF_ERROR(BuildLoader(Mode::kTrain, config_.train_dataloader()));
  if (config_.has_val_dataloader())
    RETURN_IF_ERROR(BuildEvaluation(Mode::kVal));
  LoopContext context;
  context.hooks = &hooks_;
  context.strategy = strategy_.get();
  context.loader = loaders_[static_cast<int>(Mode::kTrain)].get();
  context.val_loop = evaluation_loops_[static_cast<int>(Mode::kVal)].get();
  context.external_stop = options_.external_stop;
  ASSIGN_OR_RETURN(std::unique_ptr<Loop> loop,
                   RegistryOf<Loop>::Get().Build(config_.train_cfg(), context));
  if (dynamic_cast<TrainLoop*>(loop.get()) == nullptr) {
    return absl::InvalidArgumentError(
        "train_cfg.type is no train loop; use EpochBasedTrainLoop, "
        "IterBasedTrainLoop or a TrainLoop of your own");
  }
  train_loop_.reset(dynamic_cast<TrainLoop*>(loop.release()));
  RETURN_IF_ERROR(ScaleLearningRate());
  ScheduleLengths lengths;
  lengths.epoch_length = num_batches(Mode::kTrain);
  lengths.max_epochs = max_epochs();
  lengths.max_iters = max_iters();
  for (const auto& scheduler : config_.param_scheduler()) {
    ASSIGN_OR_RETURN(
        param_schedulers_.emplace_back(),
        RegistryOf<ParamScheduler>::Get().Build(
            scheduler, &strategy_->optim_wrapper()->optimizer(), lengths));
  }
  return absl::OkStatus();
}

absl::Status Runner::ScaleLearningRate() {
  const AutoScaleLR& config = config_.auto_scale_lr();
  if (!config.enable()) return absl::OkStatus();
  if (config.base_batch_size() < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("auto_scale_lr.base_batch_size is ",
                     config.base_batch_size(), "; it must be at least 1"));
  }
  const int64_t batch_size =
      data_loader(Mode::kTrain)->batch_size() * communicator_->world_size();
  const double ratio =
      static_cast<double>(batch_size) / config.base_batch_size();
  ANNEAL_LOG(INFO) << "LR is set based on batch size of " << batch_size
                   << " and the base batch size is " << config.base_batch_size()
                   << ": scaled by " << ratio;
  for (auto& group : strategy_->optim_wrapper()->optimizer().param_groups()) {
    ASSIGN_OR_RETURN(const double lr, group.options["lr"].AsReal("lr"));
    group.options["lr"] = lr * ratio;
  }
  return absl::OkStatus();
}

absl::Status Runner::LoadOrResume() {
  if (!checkpoint_) return absl::OkStatus();
  const LatestCheckpoint loaded = *std::move(checkpoint_);
  checkpoint_.reset();
  RETURN_IF_ERROR(hooks_.Call(Stage::kAfterLoadCheckpoint,
                              &Hook::AfterLoadCheckpoint, loaded.checkpoint));
  if (!config_.resume() || train_loop_ == nullptr) {
    RETURN_IF_ERROR(LoadWeights(loaded.checkpoint, loaded.path, strategy_.get(),
                                StateDictMatch::kLenient));
    ANNEAL_LOG(INFO) << "Load checkpoint from " << loaded.path;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(
      const TrainClock clock,
      ResumeFromCheckpoint(loaded.checkpoint, loaded.path, parts()));
  train_loop_->set_clock(clock);
  ANNEAL_LOG(INFO) << "resumed epoch: " << clock.epoch
                   << ", iter: " << clock.iter;
  return absl::OkStatus();
}

absl::Status Runner::Train() {
  if (!config_.has_train_cfg()) {
    return absl::FailedPreconditionError(
        "the config does not train: it has no train_dataloader, train_cfg and "
        "optim_wrapper");
  }
  RETURN_IF_ERROR(BuildTraining());
  RETURN_IF_ERROR(hooks_.Call(Stage::kBeforeRun, &Hook::BeforeRun));
  RETURN_IF_ERROR(LoadOrResume());
  strategy_->optim_wrapper()->InitializeCountStatus(
      iter(), max_iters(), HasBatchNorm(strategy_->model()));
  RETURN_IF_ERROR(train_loop_->Run());
  if (train_loop_->stop_requested()) RETURN_IF_ERROR(SaveStopped());
  return hooks_.Call(Stage::kAfterRun, &Hook::AfterRun);
}

absl::Status Runner::Val() { return Evaluate(Mode::kVal); }
absl::Status Runner::Test() { return Evaluate(Mode::kTest); }

absl::Status Runner::Evaluate(Mode mode) {
  const bool is_val = mode == Mode::kVal;
  if (is_val ? !config_.has_val_dataloader() : !config_.has_test_dataloader()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the config has no ", ModeName(mode), "_dataloader and ",
                     ModeName(mode), "_evaluator"));
  }
  RETURN_IF_ERROR(BuildEvaluation(mode));
  RETURN_IF_ERROR(hooks_.Call(Stage::kBeforeRun, &Hook::BeforeRun));
  RETURN_IF_ERROR(LoadOrResume());
  RETURN_IF_ERROR(evaluation_loops_[static_cast<int>(mode)]->Run());
  return hooks_.Call(Stage::kAfterRun, &Hook::AfterRun);
}

absl::Status Runner::SaveStopped() {
  const TrainClock& clock = train_loop_->clock();
  const std::string path =
      absl::StrCat(work_dir_, "/iter_", clock.iter, ".pth");
  RETURN_IF_ERROR(SaveCheckpoint({path, clock.epoch, clock.iter}));
  if (communicator_->is_main_rank()) {
    RETURN_IF_ERROR(fileio::PutText(path, work_dir_ + "/last_checkpoint"));
  }
  RETURN_IF_ERROR(hooks_.Call(Stage::kAfterRun, &Hook::AfterRun));
  return absl::CancelledError(absl::StrCat(
      "stopped by ", train_loop_->stop_reason(), " after iteration ",
      clock.iter, " of ", max_iters(), "; saved ", path,
      ". The same command with --resume goes on from there."));
}

absl::Status Runner::SaveCheckpoint(const SaveOptions& options) {
  Dict meta{{"cfg", options_.config_text.yaml},
            {"seed", seed_},
            {"experiment_name", experiment_name_},
            {"time", absl::FormatTime("%Y%m%d_%H%M%S", absl::Now(),
                                      absl::LocalTimeZone())},
            {"anneal_version", kVersion},
            {"dataset_meta", data_loader(Mode::kTrain)->dataset().metainfo()}};
  Dict checkpoint =
      MakeCheckpoint(parts(), train_loop_->clock(), options, std::move(meta));
  RETURN_IF_ERROR(hooks_.Call(Stage::kBeforeSaveCheckpoint,
                              &Hook::BeforeSaveCheckpoint, &checkpoint));
  if (communicator_->is_main_rank()) {
    RETURN_IF_ERROR(SavePth(checkpoint, options.path));
  }
  return communicator_->Barrier();
}

CheckpointParts Runner::parts() {
  CheckpointParts parts;
  parts.strategy = strategy_.get();
  parts.param_schedulers = &param_schedulers_;
  parts.message_hub = &message_hub_;
  parts.hooks = &hooks_;
  return parts;
}

int64_t Runner::epoch() const {
  return train_loop_ ? train_loop_->clock().epoch : 0;
}
int64_t Runner::iter() const {
  return train_loop_ ? train_loop_->clock().iter : 0;
}
int64_t Runner::max_epochs() const {
  return train_loop_ ? train_loop_->max_epochs() : 0;
}
int64_t Runner::max_iters() const {
  return train_loop_ ? train_loop_->max_iters() : 0;
}

int64_t Runner::num_batches(Mode mode) const {
  const auto& loader = loaders_[static_cast<int>(mode)];
  return loader ? loader->num_batches().value_or(0) : 0;
}

DataLoader* Runner::data_loader(Mode mode) {
  return loaders_[static_cast<int>(mode)].get();
}

LogRecord Runner::LogAfterIter(int64_t batch_idx, Mode mode) {
  return log_processor_->AfterIter(*this, batch_idx, mode, is_by_epoch());
}

LogRecord Runner::LogAfterEpoch(int64_t num_batches, Mode mode) {
  return log_processor_->AfterEpoch(*this, num_batches, mode, is_by_epoch());
}

bool Runner::is_by_epoch() const {
  return train_loop_ == nullptr || train_loop_->is_by_epoch();
}

void Runner::set_data_epoch(int64_t epoch) {
  train_loop_->set_data_epoch(epoch);
}

void Runner::RequestStop(absl::string_view why) {
  train_loop_->RequestStop(why);
}

}  // namespace anneal
