// ApexOptimWrapper: the config of NVIDIA's apex.amp, on LibTorch's autocast.

#include <torch/nn/module.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "logging/log.h"
#include "optim/apex_optim_wrapper.pb.h"
#include "optim/base_optim_wrapper.h"
#include "optim/grad_scaler.h"
#include "optim/mixed_precision_optim_wrapper.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kApexAmp[] = "apex_amp";
constexpr char kScaler[] = "loss_scaler0";

absl::Status Refuse(absl::string_view field, absl::string_view value,
                    absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("ApexOptimWrapper.", field, " is ", value, "; ", why));
}

absl::Status CheckOptions(const ApexOptimWrapperConfig& config) {
  const std::string& level = config.opt_level();
  if (level == "O3") {
    return Refuse("opt_level", "\"O3\"",
                  "it keeps no float32 weights, which loses small updates; use "
                  "O1, or O2, which has them");
  }
  if (level != "O0" && level != "O1" && level != "O2") {
    return Refuse("opt_level", absl::StrCat("\"", level, "\""),
                  "it must be O0, O1 or O2");
  }
  if (config.has_cast_model_type()) {
    return Refuse("cast_model_type", config.cast_model_type(),
                  "the model stays in float32 and autocast casts; remove it");
  }
  if (config.has_cast_model_outputs()) {
    return Refuse("cast_model_outputs", config.cast_model_outputs(),
                  "outputs keep their dtype; cast them in the model");
  }
  if (level == "O0") return absl::OkStatus();
  if (config.has_patch_torch_functions() && !config.patch_torch_functions() &&
      level == "O1") {
    return Refuse("patch_torch_functions", "false",
                  "autocast is what O1 does; use opt_level O0 for float32");
  }
  const auto& keep = config.keep_batchnorm_fp32();
  if ((keep.has_bool_value() && !keep.bool_value()) ||
      keep.string_value() == "False") {
    return Refuse("keep_batchnorm_fp32", "false",
                  "batch norm stays in float32 under autocast; remove it");
  }
  if (config.has_master_weights() && !config.master_weights()) {
    return Refuse("master_weights", "false",
                  "the parameters themselves are the float32 master weights; "
                  "remove it");
  }
  return absl::OkStatus();
}

// apex takes "128.0" for 128.
google::protobuf::Value LossScale(const google::protobuf::Value& given) {
  google::protobuf::Value value = given;
  double number;
  if (absl::SimpleAtod(given.string_value(), &number)) {
    value.set_number_value(number);
  }
  return value;
}

// apex.amp's state of its first scaler <-> GradScaler's.
Value ToApex(const GradScaler& scaler) {
  const Value state = scaler.state_dict();
  const Dict& own = *state.get_if<Dict>();
  return Dict{{kScaler, Dict{{"loss_scale", *own.Find("scale")},
                             {"unskipped", *own.Find("_growth_tracker")}}}};
}
absl::StatusOr<Value> FromApex(const Value& state, const GradScaler& scaler) {
  ASSIGN_OR_RETURN(const Dict* amp, state.AsDict(kApexAmp));
  ASSIGN_OR_RETURN(const Value* value, Require(*amp, kScaler, kApexAmp));
  ASSIGN_OR_RETURN(const Dict* saved, value->AsDict(kScaler));
  Value own = scaler.state_dict();
  Dict& fields = *own.get_if<Dict>();
  ASSIGN_OR_RETURN(value, Require(*saved, "loss_scale", kScaler));
  fields["scale"] = *value;
  ASSIGN_OR_RETURN(value, Require(*saved, "unskipped", kScaler));
  fields["_growth_tracker"] = *value;
  return own;
}

// mmengine's class for NVIDIA's apex, so that its configs train here: O0 is
// float32, O1 is AmpOptimWrapper in float16 with apex's bounds of the loss
// scale. O2 casts the model and keeps float32 master weights; here the
// parameters are those and autocast makes the casts, so it is O1. State is
// saved as "apex_amp" in apex's layout.
//
//   optim_wrapper: {type: ApexOptimWrapper, opt_level: O1,
//                   optimizer: {type: SGD, lr: 0.1}}
class ApexOptimWrapper : public MixedPrecisionOptimWrapper {
 public:
  using Config = ApexOptimWrapperConfig;

  static absl::StatusOr<std::unique_ptr<ApexOptimWrapper>> Create(
      const Config& config, const torch::nn::Module& model,
      MessageHub* message_hub) {
    const OptimWrapperConfig base = BaseOf(config);
    RETURN_IF_ERROR(ValidateConfig(base));
    absl::optional<at::ScalarType> dtype;
    std::unique_ptr<GradScaler> scaler;
    if (config.enabled()) {
      RETURN_IF_ERROR(CheckOptions(config));
      GradScaler::Options options;
      options.max_scale = config.max_loss_scale();
      options.init_scale = std::min(options.init_scale, options.max_scale);
      if (config.has_min_loss_scale()) {
        options.min_scale = config.min_loss_scale();
      }
      ASSIGN_OR_RETURN(scaler,
                       MakeScaler(LossScale(config.loss_scale()), options,
                                  "ApexOptimWrapper.loss_scale"));
      if (config.opt_level() != "O0") dtype = at::kHalf;
      if (config.opt_level() == "O2") {
        ANNEAL_LOG(INFO) << "ApexOptimWrapper: O2 trains as O1 does, float16 "
                            "by autocast; the parameters are the float32 "
                            "master weights";
      }
    }
    ASSIGN_OR_RETURN(auto optimizer, BuildOptimizer(base, model));
    return std::unique_ptr<ApexOptimWrapper>(new ApexOptimWrapper(
        base, std::move(optimizer), message_hub, dtype, std::move(scaler)));
  }

  Value state_dict() const override {
    Value state = OptimWrapper::state_dict();
    if (scaler()) (*state.get_if<Dict>())[kApexAmp] = ToApex(*scaler());
    return state;
  }

  absl::Status LoadStateDict(const Value& state_dict) override {
    ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("optimizer"));
    const Value* amp = dict->Find(kApexAmp);
    if (!scaler() || amp == nullptr) {
      return MixedPrecisionOptimWrapper::LoadStateDict(state_dict);
    }
    Dict state = *dict;
    ASSIGN_OR_RETURN(state["loss_scaler"], FromApex(*amp, *scaler()));
    return MixedPrecisionOptimWrapper::LoadStateDict(state);
  }

 private:
  using MixedPrecisionOptimWrapper::MixedPrecisionOptimWrapper;
};

ANNEAL_REGISTER(BaseOptimWrapper, ApexOptimWrapper);

}  // namespace
}  // namespace anneal
