#include "optim/mixed_precision_optim_wrapper.h"

#include <ATen/autocast_mode.h>

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kLossScaler[] = "loss_scaler";

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

// torch.amp.GradScaler's arguments. `*enabled` is one of them.
absl::Status ReadOptions(const google::protobuf::Struct& fields,
                         absl::string_view path, GradScaler::Options* options,
                         bool* enabled) {
  double growth_interval = options->growth_interval;
  const std::map<std::string, double*> numbers = {
      {"init_scale", &options->init_scale},
      {"growth_factor", &options->growth_factor},
      {"backoff_factor", &options->backoff_factor},
      {"growth_interval", &growth_interval}};
  for (const auto& [name, value] : fields.fields()) {
    const auto number = numbers.find(name);
    if (number != numbers.end() && value.has_number_value()) {
      *number->second = value.number_value();
    } else if (name == "enabled" && value.has_bool_value()) {
      *enabled = value.bool_value();
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ".", name, " is ", value.ShortDebugString(), "; ", path,
          " takes the numbers init_scale, growth_factor, backoff_factor and "
          "growth_interval, and enabled: true or false"));
    }
  }
  options->growth_interval = static_cast<int64_t>(growth_interval);
  if (options->growth_interval == growth_interval) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ".growth_interval is ", growth_interval,
                   "; it must be a whole number of steps"));
}

}  // namespace

MixedPrecisionOptimWrapper::MixedPrecisionOptimWrapper(
    const OptimWrapperConfig& config, std::unique_ptr<Optimizer> optimizer,
    MessageHub* message_hub, absl::optional<at::ScalarType> dtype,
    std::unique_ptr<GradScaler> scaler)
    : OptimWrapper(config, std::move(optimizer), message_hub),
      device_(this->optimizer().param_groups()[0].params[0].device().type()),
      dtype_(dtype),
      scaler_(std::move(scaler)) {}

OptimWrapperConfig MixedPrecisionOptimWrapper::BaseOf(
    const google::protobuf::Message& config) {
  OptimWrapperConfig base;
  ANNEAL_CHECK(base.ParseFromString(config.SerializeAsString()))
      << config.GetDescriptor()->full_name();
  base.DiscardUnknownFields();
  return base;
}

absl::StatusOr<std::unique_ptr<GradScaler>>
MixedPrecisionOptimWrapper::MakeScaler(
    const google::protobuf::Value& loss_scale, GradScaler::Options options,
    absl::string_view field) {
  bool enabled = true;
  if (loss_scale.has_number_value()) {
    options.init_scale = loss_scale.number_value();
    options.is_dynamic = false;
  } else if (loss_scale.has_struct_value()) {
    RETURN_IF_ERROR(
        ReadOptions(loss_scale.struct_value(), field, &options, &enabled));
  } else if (loss_scale.kind_case() != google::protobuf::Value::KIND_NOT_SET &&
             loss_scale.string_value() != "dynamic") {
    return absl::InvalidArgumentError(absl::StrCat(
        field, " is ", loss_scale.ShortDebugString(),
        "; it must be \"dynamic\", a number above 0 or a mapping"));
  }
  const absl::Status status = GradScaler::CheckOptions(options);
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(field, ": ", status.message()));
  }
  return enabled ? std::make_unique<GradScaler>(options) : nullptr;
}

std::unique_ptr<BaseOptimWrapper::Context>
MixedPrecisionOptimWrapper::OptimContext() {
  if (!dtype_) return nullptr;
  return std::make_unique<Autocast>(device_, *dtype_);
}

void MixedPrecisionOptimWrapper::set_rank_reduction(RankReduction reduction) {
  if (scaler_) scaler_->set_rank_reduction(reduction);
  OptimWrapper::set_rank_reduction(std::move(reduction));
}

Value MixedPrecisionOptimWrapper::state_dict() const {
  Value state = OptimWrapper::state_dict();
  if (scaler_) (*state.get_if<Dict>())[kLossScaler] = scaler_->state_dict();
  return state;
}

absl::Status MixedPrecisionOptimWrapper::LoadStateDict(
    const Value& state_dict) {
  if (!scaler_) return OptimWrapper::LoadStateDict(state_dict);
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("optimizer"));
  const GradScaler before = *scaler_;
  // A run in full precision may go on in mixed: its scale starts anew.
  if (const Value* scaler_state = dict->Find(kLossScaler)) {
    RETURN_IF_ERROR(scaler_->LoadStateDict(*scaler_state));
  }
  // With the scale that gradients are to have from here on.
  absl::Status status = OptimWrapper::LoadStateDict(state_dict);
  if (!status.ok()) *scaler_ = before;
  return status;
}

void MixedPrecisionOptimWrapper::Backward(const at::Tensor& loss) {
  OptimWrapper::Backward(scaler_ ? scaler_->Scale(loss) : loss);
}

void MixedPrecisionOptimWrapper::Step() {
  if (!scaler_) return OptimWrapper::Step();
  if (const auto factor = FoldedFactor(1 / scaler_->scale())) {
    scaler_->SkipUnscale(&optimizer());
    scaler_->Step(&optimizer(), *factor);
  } else {
    scaler_->Unscale(&optimizer());
    scaler_->Step(&optimizer(), ClipGradients());
  }
  scaler_->Update();
}

}  // namespace anneal
