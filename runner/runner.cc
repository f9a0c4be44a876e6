#include "runner/runner.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "device/memory.h"
#include "dist/broadcast_status.h"
#include "dist/launcher.h"
#include "dist/rank_environment.h"
#include "fileio/file_client.h"
#include "hooks/save_error.h"
#include "logging/log.h"
#include "logging/logger.h"
#include "model/batch_norm.h"
#include "runner/auto_scale_lr.h"
#include "runner/build.h"
#include "runner/default_hooks.h"
#include "runner/run_environment.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"
#include "utils/version.h"

namespace anneal {
namespace {

// mmengine's deepspeed and colossalai start engines that are not here.
absl::Status CheckInitBackend(const RunnerConfig& config) {
  const std::string& backend = config.env_cfg().dist_cfg().init_backend();
  if (config.launcher() == "none" || backend == "torch") {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "env_cfg.dist_cfg.init_backend is \"", backend, "\"; it must be torch"));
}

// One of several processes that a launcher has started, each of which would
// take itself for the whole run and write to the one work directory.
absl::Status CheckIsAlone(const RunnerConfig& config) {
  if (config.has_launcher()) return absl::OkStatus();
  const std::string launcher = dist::InferLauncher();
  const auto env = dist::ReadRankEnvironment(launcher);
  if (!env.ok() || env->world_size == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "this process was started as rank ", env->rank, " of ", env->world_size,
      " (the variables of launcher ", launcher,
      " say so), but no launcher is given: add --launcher ", launcher,
      " for one run of all ranks, or --launcher none for a run of its own"));
}

dist::LaunchOptions LaunchOptionsOf(const RunnerConfig& config) {
  const DistConfig& dist_cfg = config.env_cfg().dist_cfg();
  dist::LaunchOptions options;
  options.launcher = config.launcher();
  options.backend = dist_cfg.backend();
  options.timeout = absl::Seconds(dist_cfg.timeout());
  options.failure_timeout = absl::Seconds(dist_cfg.failure_timeout());
  return options;
}

// Such a training is one epoch, as in mmengine.
void WarnOfEpochs(OptimizerSchedulers* schedulers) {
  for (size_t i = 0; i < schedulers->all().size(); ++i) {
    const ParamScheduler& one = *schedulers->all()[i];
    // One that looks at metrics moves after each validation.
    if (!one.by_epoch() || one.need_val_args()) continue;
    ANNEAL_LOG(WARNING)
        << schedulers->place(i)
        << " counts epochs, and this training counts iterations: it moves "
           "once, at the training's end; write by_epoch: false, and begin, end "
           "and the like in iterations";
  }
}

// Ranks with different numbers of batches would wait for each other for ever.
absl::Status CheckSameLength(const DataLoader& loader,
                             dist::Communicator& communicator) {
  if (communicator.world_size() == 1) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const Value::List lengths,
      communicator.AllGatherObject(loader.num_batches().value_or(-1)));
  for (size_t rank = 1; rank < lengths.size(); ++rank) {
    const int64_t first = *lengths[0].get_if<int64_t>();
    const int64_t other = *lengths[rank].get_if<int64_t>();
    if (first == other) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "train_dataloader gives rank 0 ", first, " batches an epoch and rank ",
        rank, " ", other,
        "; give all the same number: sampler.round_up: true or drop_last: "
        "true"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Runner>> Runner::Create(
    const RunnerConfig& config, RunnerOptions options) {
  RETURN_IF_ERROR(CheckSections(config));
  RETURN_IF_ERROR(CheckInitBackend(config));
  RETURN_IF_ERROR(CheckIsAlone(config));
  std::unique_ptr<Runner> runner(new Runner(config, std::move(options)));
  // The ranks' connections are files too.
  RETURN_IF_ERROR(RaiseOpenFilesLimit(config.env_cfg().resource_limit()));
  ASSIGN_OR_RETURN(runner->communicator_,
                   dist::Launch(LaunchOptionsOf(config)));
  const absl::Status built = CatchTorchError([&] {
    RETURN_IF_ERROR(runner->StartLog());
    RETURN_IF_ERROR(runner->FindCheckpoint());
    RETURN_IF_ERROR(runner->SetUpEnvironment());
    return runner->BuildParts();
  });
  if (!built.ok()) {
    runner->has_ended_ = true;
    return runner->communicator_->Fail(built);
  }
  return runner;
}

Runner::Runner(const RunnerConfig& config, RunnerOptions options)
    : config_(config), options_(std::move(options)), hooks_(this) {
  if (options_.config_name.empty()) options_.config_name = "run";
}

Runner::~Runner() {
  if (has_ended_ || !communicator_ || communicator_->world_size() == 1) return;
  // By an exception, or before Train, Val or Test: the others would wait.
  const absl::Status cause = communicator_->Fail(absl::AbortedError(
      "the program gave the run up before its end; call Train, Val or Test"));
  ANNEAL_LOG(ERROR) << cause.message();
}

absl::Status Runner::Train() {
  return End(CatchTorchError([&] { return TrainToEnd(); }));
}
absl::Status Runner::Val() {
  return End(CatchTorchError([&] { return EvaluateAll(Mode::kVal); }));
}
absl::Status Runner::Test() {
  return End(CatchTorchError([&] { return EvaluateAll(Mode::kTest); }));
}
absl::Status Runner::Finish() { return communicator_->Leave(); }

// Leaves in the log why a run ended; an error ends it on all ranks.
absl::Status Runner::End(const absl::Status& outcome) {
  has_ended_ = true;
  if (outcome.ok()) return outcome;
  if (absl::IsCancelled(outcome)) {
    ANNEAL_LOG(WARNING) << outcome.message();
    return outcome;
  }
  const absl::Status cause = communicator_->Fail(outcome);
  ANNEAL_LOG(ERROR) << cause.message();
  return cause;
}

absl::Status Runner::TrainToEnd() {
  if (!HasMode(config_, Mode::kTrain)) {
    return absl::FailedPreconditionError(
        "the config does not train: it has no train_dataloader, train_cfg and "
        "optim_wrapper");
  }
  RETURN_IF_ERROR(BuildTraining());
  RETURN_IF_ERROR(hooks_.Call(Stage::kBeforeRun, &Hook::BeforeRun));
  RETURN_IF_ERROR(LoadOrResume());
  strategy_->optim_wrapper()->InitializeCountStatus(
      iter(), max_iters(), HasBatchNorm(strategy_->model()));
  if (iter() >= max_iters()) {
    ANNEAL_LOG(WARNING) << "nothing is left to train: iteration " << iter()
                        << " of " << max_iters()
                        << " is done; to go on, raise train_cfg.max_epochs or "
                           "max_iters";
  }
  RETURN_IF_ERROR(train_loop_->Run());
  absl::Status outcome;
  if (train_loop_->stop_requested()) outcome = SaveStopped();
  RETURN_IF_ERROR(hooks_.Call(Stage::kAfterRun, &Hook::AfterRun));
  return outcome;
}

absl::Status Runner::EvaluateAll(Mode mode) {
  if (!HasMode(config_, mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the config has no ", ModeName(mode), "_dataloader and ",
                     ModeName(mode), "_evaluator"));
  }
  RETURN_IF_ERROR(BuildEvaluation(mode));
  RETURN_IF_ERROR(hooks_.Call(Stage::kBeforeRun, &Hook::BeforeRun));
  RETURN_IF_ERROR(LoadOrResume());
  RETURN_IF_ERROR(parts_of(mode).loop->Run());
  return hooks_.Call(Stage::kAfterRun, &Hook::AfterRun);
}

absl::Status Runner::StartLog() {
  ASSIGN_OR_RETURN(folders_, MakeRunFolders(config_, options_.config_name,
                                            communicator_.get()));
  Logger::Options logging;
  logging.level = config_.log_level();
  logging.rank = communicator_->rank();
  logging.world_size = communicator_->world_size();
  logging.local_rank = communicator_->local_rank();
  logging.distributed = config_.log_file().distributed();
  logging.max_bytes = config_.log_file().max_bytes();
  logging.backup_count = config_.log_file().backup_count();
  logging.json_lines = config_.log_file().json_lines();
  logging.path = absl::StrCat(log_dir(), "/", timestamp(), ".log");
  checkpoint_folder_ = ConfiguredCheckpointFolder(config_, work_dir());
  return Logger::Initialize(logging);
}

absl::Status Runner::FindCheckpoint() {
  const std::string& load_from = config_.load_from();
  if (options_.auto_resume || (config_.resume() && load_from.empty())) {
    absl::StatusOr<LatestCheckpoint> latest = FindLatestCheckpoint(
        work_dir(), checkpoint_folder_, communicator_.get());
    if (latest.ok()) {
      checkpoint_ = *std::move(latest);
      is_resumed_ = true;
      ANNEAL_LOG(INFO) << "Auto resumed from the latest checkpoint "
                       << checkpoint_->path << ".";
      return absl::OkStatus();
    }
    if (!absl::IsNotFound(latest.status())) return latest.status();
    ANNEAL_LOG(INFO) << latest.status().message() << "; training starts anew.";
  }
  if (load_from.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Dict checkpoint, ReadCheckpoint(load_from));
  checkpoint_ = LatestCheckpoint{load_from, std::move(checkpoint)};
  is_resumed_ = config_.resume();
  return absl::OkStatus();
}

absl::Status Runner::SetUpEnvironment() {
  ASSIGN_OR_RETURN(seed_,
                   ChooseSeed(config_.randomness(),
                              is_resumed_ ? &checkpoint_->checkpoint : nullptr,
                              communicator_.get()));
  RETURN_IF_ERROR(ApplyEnvironment(config_, seed_, communicator_->rank()));
  ANNEAL_LOG(INFO) << DescribeEnvironment(config_, seed_, *communicator_);
  if (!options_.config_text.yaml.empty()) {
    ANNEAL_LOG(INFO) << "Config:\n" << options_.config_text.yaml;
  }
  return absl::OkStatus();
}

absl::Status Runner::BuildParts() {
  ASSIGN_OR_RETURN(visualizer_,
                   BuildVisualizer(config_, communicator_->is_main_rank()
                                                ? log_dir() + "/vis_data"
                                                : std::string()));
  visualizer_->AddConfig(options_.config_text);
  ASSIGN_OR_RETURN(log_processor_, BuildLogProcessor(config_));
  ASSIGN_OR_RETURN(strategy_,
                   BuildStrategy(config_, communicator_.get(), &message_hub_));
  if (const c10::Device device = strategy_->device(); device.is_cuda()) {
    log_processor_->set_max_memory(
        [device] { return MaxMemoryMegabytes(device); });
  }
  RETURN_IF_ERROR(AddConfiguredHooks(config_, &hooks_));
  ANNEAL_LOG(INFO) << "Hooks will be executed in the following order:\n"
                   << hooks_.Info();
  return absl::OkStatus();
}

absl::StatusOr<LoopContext> Runner::BuildContext(Mode mode) {
  LoaderContext loader;
  loader.rank = communicator_->rank();
  loader.world_size = communicator_->world_size();
  loader.seed = seed_;
  loader.pin_memory = !strategy_->device().is_cpu();
  ASSIGN_OR_RETURN(parts_of(mode).loader, BuildLoader(config_, mode, loader));
  LoopContext context;
  context.hooks = &hooks_;
  context.strategy = strategy_.get();
  context.communicator = communicator_.get();
  context.loader = parts_of(mode).loader.get();
  return context;
}

absl::Status Runner::BuildEvaluation(Mode mode) {
  ModeParts& parts = parts_of(mode);
  if (parts.loop) return absl::OkStatus();
  ASSIGN_OR_RETURN(LoopContext context, BuildContext(mode));
  ASSIGN_OR_RETURN(parts.evaluator,
                   BuildEvaluator(config_, mode, communicator_.get()));
  parts.evaluator->set_dataset_meta(parts.loader->dataset().metainfo());
  context.evaluator = parts.evaluator.get();
  ASSIGN_OR_RETURN(parts.loop, BuildEvaluationLoop(config_, mode, context));
  return absl::OkStatus();
}

absl::Status Runner::BuildTraining() {
  if (train_loop_) return absl::OkStatus();
  ASSIGN_OR_RETURN(LoopContext context, BuildContext(Mode::kTrain));
  RETURN_IF_ERROR(CheckSameLength(*context.loader, *communicator_));
  if (HasMode(config_, Mode::kVal)) {
    RETURN_IF_ERROR(BuildEvaluation(Mode::kVal));
    context.val_loop = parts_of(Mode::kVal).loop.get();
  }
  context.external_stop = options_.external_stop;
  ASSIGN_OR_RETURN(std::unique_ptr<TrainLoop> loop,
                   BuildTrainLoop(config_, context));
  const auto& optimizers = strategy_->optim_wrapper()->optimizers();
  for (const auto& [name, optimizer] : optimizers) {
    RETURN_IF_ERROR(ScaleLearningRate(config_.auto_scale_lr(),
                                      loop->global_batch_size(), optimizer));
  }
  ScheduleLengths lengths;
  lengths.epoch_length = num_batches(Mode::kTrain);
  lengths.max_epochs = loop->max_epochs();
  lengths.max_iters = loop->max_iters();
  ASSIGN_OR_RETURN(
      param_schedulers_,
      OptimizerSchedulers::Build(
          {config_.param_scheduler(), config_.param_scheduler_by_optimizer()},
          optimizers, lengths, HasMode(config_, Mode::kVal)));
  if (!loop->is_by_epoch()) WarnOfEpochs(&param_schedulers_);
  train_loop_ = std::move(loop);
  return absl::OkStatus();
}

absl::Status Runner::LoadOrResume() {
  if (!checkpoint_) return absl::OkStatus();
  LatestCheckpoint loaded = *checkpoint_;
  RETURN_IF_ERROR(hooks_.Call(Stage::kAfterLoadCheckpoint,
                              &Hook::AfterLoadCheckpoint, &loaded.checkpoint));
  if (!is_resumed()) {
    RETURN_IF_ERROR(LoadWeights(loaded.checkpoint, loaded.path, strategy_.get(),
                                StateDictMatch::kLenient));
    ANNEAL_LOG(INFO) << "Load checkpoint from " << loaded.path;
    // An evaluation before a training that goes on from it leaves it there.
    const bool is_wanted_still = is_resumed_ && HasMode(config_, Mode::kTrain);
    if (!is_wanted_still) checkpoint_.reset();
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(
      const TrainClock clock,
      ResumeFromCheckpoint(loaded.checkpoint, loaded.path, checkpoint_parts()));
  train_loop_->ResumeFrom(clock);
  checkpoint_.reset();
  // Another run's is not this one's to remove.
  const std::string file = loaded.path.substr(loaded.path.rfind('/') + 1);
  const bool is_own = loaded.path == fileio::JoinPath(checkpoint_folder_, file);
  if (is_own && IsOfAStop(loaded.checkpoint)) stopped_at_ = loaded.path;
  ANNEAL_LOG(INFO) << "resumed epoch: " << train_loop_->clock().epoch
                   << ", iter: " << clock.iter;
  return absl::OkStatus();
}

// OK for a hook's stop, Cancelled for one from outside.
absl::Status Runner::SaveStopped() {
  const std::string stopped =
      absl::StrCat("stopped by ", train_loop_->stop_reason(),
                   " after iteration ", iter(), " of ", max_iters());
  SaveOptions options;
  options.path = fileio::JoinPath(checkpoint_folder_,
                                  absl::StrCat("iter_", iter(), ".pth"));
  options.epoch = epoch();
  options.iter = iter();
  // One that a hook saved at this iteration stays that hook's.
  options.is_stop = options.path != last_saved_;
  const std::string& path = options.path;
  absl::Status saved = SaveCheckpoint(options);
  if (saved.ok()) {
    absl::Status pointed;
    if (communicator_->is_main_rank()) {
      pointed = fileio::PutText(path, work_dir() + "/last_checkpoint");
    }
    saved = dist::BroadcastStatus(*communicator_, pointed, /*source=*/0);
  }
  if (!saved.ok()) {
    return absl::Status(
        saved.code(),
        absl::StrCat(stopped, "; the run could not be saved: ", saved.message(),
                     ". Older checkpoints are untouched."));
  }
  if (train_loop_->is_interrupted()) {
    return absl::CancelledError(
        absl::StrCat(stopped, "; saved ", path,
                     ". The same command with --resume goes on from there."));
  }
  ANNEAL_LOG(INFO) << "Training " << stopped << "; saved " << path;
  return absl::OkStatus();
}

absl::Status Runner::SaveCheckpoint(const SaveOptions& options) {
  if (train_loop_ == nullptr) {
    return absl::FailedPreconditionError(
        "there is no training to save: only its weights were loaded");
  }
  Dict meta{{"cfg", options_.config_text.yaml},
            {"seed", seed_},
            {"experiment_name", experiment_name()},
            {"time", absl::FormatTime("%Y%m%d_%H%M%S", absl::Now(),
                                      absl::LocalTimeZone())},
            {"anneal_version", kVersion},
            {"dataset_meta", data_loader(Mode::kTrain)->dataset().metainfo()}};
  absl::StatusOr<Dict> checkpoint = MakeCheckpoint(
      checkpoint_parts(), train_loop_->ClockAt(options.epoch, options.iter),
      options, std::move(meta));
  absl::Status made = checkpoint.status();
  if (made.ok()) {
    made = hooks_.Call(Stage::kBeforeSaveCheckpoint,
                       &Hook::BeforeSaveCheckpoint, &*checkpoint);
  }
  // Of this rank alone: the others wait for it in the writing.
  if (!made.ok()) return NotOfStorage(std::move(made));
  const absl::Status written =
      WriteCheckpoint(*checkpoint, options.path, communicator_.get());
  if (dist::IsBroadcastFailure(written)) return NotOfStorage(written);
  RETURN_IF_ERROR(written);
  last_saved_ = options.path;
  if (options.save_optimizer) RemoveStopped(options);
  return absl::OkStatus();
}

// Once `saved` can be resumed from instead of the one that a stop has left.
void Runner::RemoveStopped(const SaveOptions& saved) {
  if (!stopped_at_.empty() && stopped_at_ != saved.path &&
      communicator_->is_main_rank()) {
    const absl::Status removed = fileio::Remove(stopped_at_);
    if (!removed.ok() && !absl::IsNotFound(removed)) {
      ANNEAL_LOG(WARNING) << removed.message();
    }
  }
  stopped_at_ = saved.is_stop ? saved.path : "";
}

CheckpointParts Runner::checkpoint_parts() {
  CheckpointParts parts;
  parts.communicator = communicator_.get();
  parts.strategy = strategy_.get();
  parts.param_schedulers = &param_schedulers_;
  parts.message_hub = &message_hub_;
  parts.hooks = &hooks_;
  return parts;
}

TrainClock Runner::clock() const {
  return train_loop_ ? train_loop_->clock() : TrainClock();
}
int64_t Runner::max_epochs() const {
  return train_loop_ ? train_loop_->max_epochs() : 0;
}
int64_t Runner::max_iters() const {
  return train_loop_ ? train_loop_->max_iters() : 0;
}
bool Runner::is_by_epoch() const {
  return train_loop_ == nullptr || train_loop_->is_by_epoch();
}

int64_t Runner::num_batches(Mode mode) const {
  const DataLoader* loader = modes_[static_cast<int>(mode)].loader.get();
  return loader ? loader->num_batches().value_or(0) : 0;
}
DataLoader* Runner::data_loader(Mode mode) {
  return parts_of(mode).loader.get();
}

absl::StatusOr<LogRecord> Runner::LogAfterIter(int64_t batch_idx, Mode mode) {
  return log_processor_->AfterIter(*this, batch_idx, mode, is_by_epoch());
}
LogRecord Runner::LogAfterEpoch(int64_t num_batches, Mode mode) {
  return log_processor_->AfterEpoch(*this, num_batches, mode, is_by_epoch());
}

void Runner::set_data_epoch(int64_t epoch) {
  if (train_loop_) train_loop_->set_data_epoch(epoch);
}
void Runner::RequestStop(absl::string_view why) {
  if (train_loop_) train_loop_->RequestStop(why);
}

}  // namespace anneal
