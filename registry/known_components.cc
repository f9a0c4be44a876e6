#include "registry/known_components.h"

namespace anneal {
namespace {

// Add new components here; //tests/smoke compares it with what is linked.
constexpr KnownComponent kKnownComponents[] = {
    {"collate_fn", "default_collate", "//dataset:default_collate"},
    {"collate_fn", "pseudo_collate", "//dataset:pseudo_collate"},
    {"data_preprocessor", "BaseDataPreprocessor",
     "//model:base_data_preprocessor"},
    {"data_preprocessor", "ImgDataPreprocessor",
     "//model:img_data_preprocessor"},
    {"dataloader", "DataLoader", "//dataset:data_loader"},
    {"dataset", "CharDataset", "//dataset:char_dataset"},
    {"dataset", "MNIST", "//dataset:mnist"},
    {"dataset", "TensorDataset", "//dataset:tensor_dataset"},
    {"hook", "CheckpointHook", "//hooks:checkpoint_hook"},
    {"hook", "DistSamplerSeedHook", "//hooks:dist_sampler_seed_hook"},
    {"hook", "IterTimerHook", "//hooks:iter_timer_hook"},
    {"hook", "LoggerHook", "//hooks:logger_hook"},
    {"hook", "ParamSchedulerHook", "//hooks:param_scheduler_hook"},
    {"hook", "ProgressBarHook", "//hooks:progress_bar_hook"},
    {"hook", "RuntimeInfoHook", "//hooks:runtime_info_hook"},
    {"log_processor", "LogProcessor", "//runner:log_processor"},
    {"loop", "EpochBasedTrainLoop", "//runner:epoch_based_train_loop"},
    {"loop", "IterBasedTrainLoop", "//runner:iter_based_train_loop"},
    {"loop", "TestLoop", "//runner:evaluation_loop"},
    {"loop", "ValLoop", "//runner:evaluation_loop"},
    {"loss", "CrossEntropyLoss", "//model:cross_entropy_loss"},
    {"loss", "MSELoss", "//model:mse_loss"},
    {"metric", "Accuracy", "//evaluator:accuracy"},
    {"metric", "LossMetric", "//evaluator:loss_metric"},
    {"model", "GPT", "//model:gpt"},
    {"model", "LeNet", "//model:lenet"},
    {"model", "MLP", "//model:mlp"},
    {"optim_wrapper", "AmpOptimWrapper", "//optim:amp_optim_wrapper"},
    {"optim_wrapper", "ApexOptimWrapper", "//optim:apex_optim_wrapper"},
    {"optim_wrapper", "ColossalAIOptimWrapper",
     "//optim:colossalai_optim_wrapper"},
    {"optim_wrapper", "DeepSpeedOptimWrapper",
     "//optim:deepspeed_optim_wrapper"},
    {"optim_wrapper", "OptimWrapper", "//optim:optim_wrapper"},
    {"optim_wrapper", "OptimWrapperDict", "//optim:optim_wrapper_dict"},
    {"optim_wrapper_constructor", "DefaultOptimWrapperConstructor",
     "//optim/constructors:default_optim_wrapper_constructor"},
    {"optim_wrapper_constructor", "LearningRateDecayOptimWrapperConstructor",
     "//optim/constructors:learning_rate_decay_optim_wrapper_constructor"},
    {"optimizer", "Adam", "//optim:adam"},
    {"optimizer", "AdamW", "//optim:adamw"},
    {"optimizer", "SGD", "//optim:sgd"},
    {"param_scheduler", "ConstantLR", "//optim:constant"},
    {"param_scheduler", "ConstantMomentum", "//optim:constant"},
    {"param_scheduler", "CosineAnnealingLR", "//optim:cosine_annealing"},
    {"param_scheduler", "CosineAnnealingMomentum", "//optim:cosine_annealing"},
    {"param_scheduler", "LinearLR", "//optim:linear"},
    {"param_scheduler", "LinearMomentum", "//optim:linear"},
    {"param_scheduler", "MultiStepLR", "//optim:multi_step"},
    {"param_scheduler", "MultiStepMomentum", "//optim:multi_step"},
    {"sampler", "DefaultSampler", "//dataset:default_sampler"},
    {"sampler", "InfiniteSampler", "//dataset:infinite_sampler"},
    {"strategy", "SingleDeviceStrategy", "//strategy:single_device"},
    {"transform", "Normalize", "//dataset:normalize"},
    {"transform", "RandomCrop", "//dataset:random_crop"},
    {"transform", "RandomFlip", "//dataset:random_flip"},
    {"vis_backend", "LocalVisBackend", "//visualization:local_vis_backend"},
    {"vis_backend", "TensorboardVisBackend",
     "//visualization:tensorboard_vis_backend"},
    {"visualizer", "Visualizer", "//visualization:visualizer"},
};

}  // namespace

absl::Span<const KnownComponent> KnownComponents() { return kKnownComponents; }

std::string KnownComponentTarget(absl::string_view kind,
                                 absl::string_view type) {
  for (const KnownComponent& known : kKnownComponents) {
    if (known.kind == kind && known.type == type) {
      return std::string(known.target);
    }
  }
  return "";
}

}  // namespace anneal
