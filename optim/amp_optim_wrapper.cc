// AmpOptimWrapper: mixed precision.

#include <ATen/autocast_mode.h>
#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "optim/amp_optim_wrapper.pb.h"
#include "optim/base_optim_wrapper.h"
#include "optim/grad_scaler.h"
#include "optim/optim_wrapper.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// autocast of one device while it lives.
class Autocast : public BaseOptimWrapper::Context {
 public:
  Autocast(at::DeviceType device, at::ScalarType dtype)
      : device_(device),
        was_enabled_(at::autocast::is_autocast_enabled(device)),
        old_dtype_(at::autocast::get_autocast_dtype(device)) {
    at::autocast::set_autocast_enabled(device, true);
    at::autocast::set_autocast_dtype(device, dtype);
    at::autocast::increment_nesting();
  }
  ~Autocast() override {
    // The outermost forgets the casts of this iteration's weights.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, was_enabled_);
    at::autocast::set_autocast_dtype(device_, old_dtype_);
  }

 private:
  at::DeviceType device_;
  bool was_enabled_;
  at::ScalarType old_dtype_;
};

absl::StatusOr<at::ScalarType> ParseDtype(const AmpOptimWrapperConfig& config,
                                          at::DeviceType device) {
  if (!config.has_dtype()) {
    return device == at::kCPU ? at::kBFloat16 : at::kHalf;
  }
  if (config.dtype() == "bfloat16") return at::kBFloat16;
  if (config.dtype() == "float16") return at::kHalf;
  return absl::InvalidArgumentError(
      absl::StrCat("AmpOptimWrapper.dtype is \"", config.dtype(),
                   "\"; it must be float16 or bfloat16"));
}

// loss_scale as torch.amp.GradScaler's arguments.
absl::StatusOr<GradScaler::Options> ParseOptions(
    const google::protobuf::Struct& fields) {
  GradScaler::Options options;
  double growth_interval = options.growth_interval;
  const std::map<std::string, double*> targets = {
      {"init_scale", &options.init_scale},
      {"growth_factor", &options.growth_factor},
      {"backoff_factor", &options.backoff_factor},
      {"growth_interval", &growth_interval}};
  for (const auto& [name, value] : fields.fields()) {
    const auto target = targets.find(name);
    if (target == targets.end() || !(value.number_value() > 0)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "AmpOptimWrapper.loss_scale.", name, " is ", value.ShortDebugString(),
          "; loss_scale takes init_scale, growth_factor, backoff_factor and "
          "growth_interval, each a number above 0"));
    }
    *target->second = value.number_value();
  }
  options.growth_interval = static_cast<int64_t>(growth_interval);
  return options;
}

// OptimWrapper's part of the config: its fields have the same numbers here.
OptimWrapperConfig BaseOf(const AmpOptimWrapperConfig& config) {
  OptimWrapperConfig base;
  ANNEAL_CHECK(base.ParseFromString(config.SerializeAsString()));
  base.DiscardUnknownFields();
  return base;
}

// Null: nothing is scaled.
absl::StatusOr<std::unique_ptr<GradScaler>> MakeScaler(
    const AmpOptimWrapperConfig& config, at::ScalarType dtype) {
  GradScaler::Options options;
  if (!config.has_loss_scale()) {
    if (dtype == at::kBFloat16) return nullptr;
    return std::make_unique<GradScaler>(options);
  }
  const auto& scale = config.loss_scale();
  if (scale.string_value() == "dynamic") {
    return std::make_unique<GradScaler>(options);
  }
  if (scale.has_struct_value()) {
    ASSIGN_OR_RETURN(options, ParseOptions(scale.struct_value()));
    return std::make_unique<GradScaler>(options);
  }
  if (scale.number_value() > 0) {
    options.init_scale = scale.number_value();
    options.is_dynamic = false;
    return std::make_unique<GradScaler>(options);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("AmpOptimWrapper.loss_scale is ", scale.ShortDebugString(),
                   "; it must be \"dynamic\", a number above 0 or a mapping"));
}

// The forward pass under autocast, and the loss scaled where the dtype needs
// it. The scaler's state is saved beside the optimizer's, as "loss_scaler".
//
//   optim_wrapper: {type: AmpOptimWrapper, dtype: bfloat16,
//                   optimizer: {type: AdamW, lr: 0.001}}
class AmpOptimWrapper : public OptimWrapper {
 public:
  using Config = AmpOptimWrapperConfig;

  static absl::StatusOr<std::unique_ptr<AmpOptimWrapper>> Create(
      const Config& config, const torch::nn::Module& model,
      MessageHub* message_hub) {
    const OptimWrapperConfig base = BaseOf(config);
    RETURN_IF_ERROR(ValidateConfig(base));
    ASSIGN_OR_RETURN(auto optimizer, BuildOptimizer(base, model));
    const at::DeviceType device =
        optimizer->param_groups()[0].params[0].device().type();
    ASSIGN_OR_RETURN(const at::ScalarType dtype, ParseDtype(config, device));
    ASSIGN_OR_RETURN(auto scaler, MakeScaler(config, dtype));
    return std::unique_ptr<AmpOptimWrapper>(
        new AmpOptimWrapper(base, std::move(optimizer), message_hub, device,
                            dtype, std::move(scaler)));
  }

  std::unique_ptr<Context> OptimContext() override {
    return std::make_unique<Autocast>(device_, dtype_);
  }

  Value state_dict() const override {
    Value state = OptimWrapper::state_dict();
    if (scaler_) (*state.get_if<Dict>())["loss_scaler"] = scaler_->state_dict();
    return state;
  }

  absl::Status LoadStateDict(const Value& state_dict) override {
    if (!scaler_) return OptimWrapper::LoadStateDict(state_dict);
    ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("optimizer"));
    const GradScaler before = *scaler_;
    // A run in full precision may go on in mixed: its scale starts anew.
    if (const Value* scaler_state = dict->Find("loss_scaler")) {
      RETURN_IF_ERROR(scaler_->LoadStateDict(*scaler_state));
    }
    // With the scale that gradients are to have from here on.
    absl::Status status = OptimWrapper::LoadStateDict(state_dict);
    if (!status.ok()) *scaler_ = before;
    return status;
  }

  void set_rank_reduction(RankReduction reduction) override {
    if (scaler_) scaler_->set_rank_reduction(reduction);
    OptimWrapper::set_rank_reduction(std::move(reduction));
  }

 protected:
  void Backward(const at::Tensor& loss) override {
    OptimWrapper::Backward(scaler_ ? scaler_->Scale(loss) : loss);
  }

  double loss_scale() const override { return scaler_ ? scaler_->scale() : 1; }

  void Step() override {
    if (!scaler_) return OptimWrapper::Step();
    scaler_->Unscale(&optimizer());
    ClipGradients();
    scaler_->Step(&optimizer());
    scaler_->Update();
  }

 private:
  AmpOptimWrapper(const OptimWrapperConfig& config,
                  std::unique_ptr<Optimizer> optimizer, MessageHub* message_hub,
                  at::DeviceType device, at::ScalarType dtype,
                  std::unique_ptr<GradScaler> scaler)
      : OptimWrapper(config, std::move(optimizer), message_hub),
        device_(device),
        dtype_(dtype),
        scaler_(std::move(scaler)) {}

  at::DeviceType device_;
  at::ScalarType dtype_;
  std::unique_ptr<GradScaler> scaler_;
};

ANNEAL_REGISTER(BaseOptimWrapper, AmpOptimWrapper);

}  // namespace
}  // namespace anneal
