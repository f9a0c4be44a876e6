// EMAHook: validates and saves running averages of the weights.

#include <ATen/core/Tensor.h>
#include <ATen/ops/scalar_tensor.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "device/device.h"
#include "hooks/ema_hook.pb.h"
#include "hooks/hook.h"
#include "logging/log.h"
#include "model/averaged_model.h"
#include "model/base_model.h"
#include "strategy/strategy.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kStateKey[] = "ema_state_dict";
constexpr char kModulePrefix[] = "module.";

constexpr char kSwa[] = "StochasticWeightAverage";
constexpr char kEma[] = "ExponentialMovingAverage";
constexpr char kAnnealing[] = "MomentumAnnealingEMA";

absl::Status Wrong(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("EMAHook.", field, " ", what));
}

absl::Status Validate(const EMAHookConfig& config) {
  const std::string& type = config.ema_type();
  if (type != kSwa && type != kEma && type != kAnnealing) {
    return Wrong("ema_type", absl::StrCat("is \"", type, "\"; there are ", kEma,
                                          ", ", kAnnealing, " and ", kSwa));
  }
  if (type == kSwa && config.has_momentum()) {
    return Wrong("momentum", absl::StrCat(kSwa, " has none; leave it out"));
  }
  if (type != kAnnealing && config.has_gamma()) {
    return Wrong("gamma", absl::StrCat("is ", kAnnealing, "'s; ", type,
                                       " has none, leave it out"));
  }
  // Also false for NaN.
  if (!(config.momentum() > 0 && config.momentum() < 1)) {
    return Wrong("momentum", absl::StrCat("is ", config.momentum(),
                                          "; it must be within (0, 1)"));
  }
  if (config.momentum() > 0.5) {
    ANNEAL_LOG(WARNING)
        << "EMAHook.momentum is " << config.momentum()
        << ": the share of the new weights, which is small as "
           "a rule (an optimizer's momentum of 0.9 is 0.1 here)";
  }
  const auto positive = [](absl::string_view field, int64_t value) {
    if (value > 0) return absl::OkStatus();
    return Wrong(field, absl::StrCat("is ", value, "; it must be at least 1"));
  };
  RETURN_IF_ERROR(positive("gamma", config.gamma()));
  RETURN_IF_ERROR(positive("interval", config.interval()));
  if (config.begin_iter() < 0 || config.begin_epoch() < 0) {
    return Wrong("begin_iter and begin_epoch", "must not be negative");
  }
  if (config.begin_iter() > 0 && config.begin_epoch() > 0) {
    return Wrong("begin_iter and begin_epoch",
                 "exclude each other; leave one out");
  }
  return absl::OkStatus();
}

// Averages the weights after each iteration, validates and tests with the
// averages, and saves them as the checkpoint's weights, so that it can be used
// as it is; the weights that training goes on with stand in "ema_state_dict",
// in mmengine's layout. Every rank averages: they hold the same weights.
//
//   custom_hooks: [{type: EMAHook, momentum: 0.001, update_buffers: true}]
class EMAHook : public Hook {
 public:
  using Config = EMAHookConfig;

  static absl::StatusOr<std::unique_ptr<EMAHook>> Create(const Config& config) {
    RETURN_IF_ERROR(Validate(config));
    AveragedModelOptions options;
    options.interval = config.interval();
    options.update_buffers = config.update_buffers();
    if (config.has_device()) {
      ASSIGN_OR_RETURN(options.device, ParseDevice(config.device()));
    }
    return std::make_unique<EMAHook>(config, options);
  }

  EMAHook(const Config& config, const AveragedModelOptions& options)
      : config_(config), options_(options) {}

  absl::Status BeforeRun(Run& run) override {
    averaged_ = MakeAveragedModel(run.strategy().model());
    return absl::OkStatus();
  }

  // The weights to go on with take the averages' place in what is loaded.
  absl::Status AfterLoadCheckpoint(Run& run, Dict* checkpoint) override {
    if (!run.is_resumed()) return absl::OkStatus();
    const Value* saved = checkpoint->Find(kStateKey);
    Dict* weights = StateDict(checkpoint);
    if (saved == nullptr || weights == nullptr) {
      ANNEAL_LOG(WARNING) << "EMAHook: the checkpoint has no " << kStateKey
                          << ", so the averages begin anew";
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const Dict* ema, saved->AsDict(kStateKey));
    ASSIGN_OR_RETURN(const int64_t steps, Steps(*ema));
    Dict averages;
    for (const auto& [key, weight] : *ema) {
      const std::string full_name = KeyString(key);
      absl::string_view name = full_name;
      if (!absl::ConsumePrefix(&name, kModulePrefix)) continue;
      if (const Value* average = weights->Find(name)) {
        averages[name] = *average;
        (*weights)[name] = weight;
      }
    }
    const absl::Status loaded =
        averaged_->Load(steps, averages, config_.strict_load());
    if (loaded.ok()) return loaded;
    return absl::Status(loaded.code(),
                        absl::StrCat(kStateKey, ": ", loaded.message()));
  }

  absl::Status BeforeTrain(Run& run) override {
    if (config_.begin_epoch() > run.max_epochs()) {
      return Wrong(
          "begin_epoch",
          absl::StrCat("is ", config_.begin_epoch(),
                       ", after the training's max_epochs ", run.max_epochs()));
    }
    if (config_.begin_iter() > run.max_iters()) {
      return Wrong("begin_iter", absl::StrCat("is ", config_.begin_iter(),
                                              ", after the training's "
                                              "max_iters ",
                                              run.max_iters()));
    }
    return absl::OkStatus();
  }

  absl::Status AfterTrainIter(Run& run, int64_t, const Batch&,
                              const LogVars&) override {
    const bool has_begun = config_.begin_epoch() > 0
                               ? run.epoch() + 1 >= config_.begin_epoch()
                               : run.iter() + 1 >= config_.begin_iter();
    if (has_begun) averaged_->UpdateParameters();
    return absl::OkStatus();
  }

  absl::Status BeforeValEpoch(Run&) override { return Swap(); }
  absl::Status AfterValEpoch(Run&, const MetricValues&) override {
    return Swap();
  }
  absl::Status BeforeTestEpoch(Run&) override { return Swap(); }
  absl::Status AfterTestEpoch(Run&, const MetricValues&) override {
    return Swap();
  }

  absl::Status BeforeSaveCheckpoint(Run&, Dict* checkpoint) override {
    if (is_swapped_) {
      return Wrong("priority",
                   "must come before that of the hook that saves after a "
                   "validation (CheckpointHook's VERY_LOW)");
    }
    Dict* weights = StateDict(checkpoint);
    // Of another rank than the one that writes.
    if (weights == nullptr || weights->empty()) return absl::OkStatus();
    Dict ema{{"steps", at::scalar_tensor(averaged_->steps(), at::kLong)}};
    for (const auto& [key, weight] : *weights) {
      ema[kModulePrefix + KeyString(key)] = weight;
    }
    for (const auto& [key, average] : averaged_->Averages()) {
      weights->Set(key, average.get_if<at::Tensor>()->cpu());
    }
    (*checkpoint)[kStateKey] = std::move(ema);
    return absl::OkStatus();
  }

 private:
  std::unique_ptr<BaseAveragedModel> MakeAveragedModel(BaseModel& model) const {
    const std::shared_ptr<const torch::nn::Module> source =
        model.shared_from_this();
    if (config_.ema_type() == kSwa) {
      return std::make_unique<StochasticWeightAverage>(source, options_);
    }
    if (config_.ema_type() == kAnnealing) {
      return std::make_unique<MomentumAnnealingEMA>(source, config_.momentum(),
                                                    config_.gamma(), options_);
    }
    return std::make_unique<ExponentialMovingAverage>(
        source, config_.momentum(), options_);
  }

  absl::Status Swap() {
    averaged_->SwapWithSource();
    is_swapped_ = !is_swapped_;
    return absl::OkStatus();
  }

  // Null where the checkpoint has none.
  static Dict* StateDict(Dict* checkpoint) {
    if (checkpoint->Find("state_dict") == nullptr) return nullptr;
    return (*checkpoint)["state_dict"].get_if<Dict>();
  }

  static absl::StatusOr<int64_t> Steps(const Dict& ema) {
    const Value* steps = ema.Find("steps");
    const auto* tensor =
        steps == nullptr ? nullptr : steps->get_if<at::Tensor>();
    if (tensor == nullptr || !tensor->defined() || tensor->numel() != 1 ||
        !at::isIntegralType(tensor->scalar_type(), /*includeBool=*/false)) {
      return absl::InvalidArgumentError(
          absl::StrCat(kStateKey,
                       " has no count of \"steps\", an integer "
                       "tensor of one element"));
    }
    return tensor->item<int64_t>();
  }

  Config config_;
  AveragedModelOptions options_;
  // Set by BeforeRun.
  std::unique_ptr<BaseAveragedModel> averaged_;
  // Whether the model holds the averages just now.
  bool is_swapped_ = false;
};

ANNEAL_REGISTER(Hook, EMAHook);

}  // namespace
}  // namespace anneal
