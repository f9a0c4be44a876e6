#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "optim/adam.h"
#include "optim/fused_adam.pb.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Adam by the names and arguments that DeepSpeed and ColossalAI give it: those
// say where it runs, which here the parameters do.
template <typename ConfigType>
class AdamOfStrategy : public Adam {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<AdamOfStrategy>> Create(
      Config config, std::vector<ParamGroup> groups) {
    SetDefault({0.9, 0.999}, config.mutable_betas());
    Dict defaults =
        OptionsOf(config, {"adam_w_mode", "adamw_mode", "set_grad_none",
                           "fp32_optimizer_states"});
    defaults["decoupled_weight_decay"] = IsDecoupled(config);
    std::unique_ptr<AdamOfStrategy> optimizer(
        new AdamOfStrategy(std::move(defaults)));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override {
    return absl::StripSuffix(Config::descriptor()->name(), "Config");
  }
  absl::string_view state_type() const override {
    return *defaults().Find("decoupled_weight_decay")->get_if<bool>() ? "AdamW"
                                                                      : "Adam";
  }
  absl::Status ValidateOptions(const Dict& options) const override {
    const Value* amsgrad = options.Find("amsgrad");
    if (amsgrad != nullptr && *amsgrad->get_if<bool>()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "amsgrad is true, which ", type_name(), " has not; use AdamW"));
    }
    return Adam::ValidateOptions(options);
  }

 private:
  using Adam::Adam;

  static bool IsDecoupled(const FusedAdamConfig& config) {
    return config.adam_w_mode() && config.adamw_mode();
  }
  template <typename T>
  static bool IsDecoupled(const T& config) {
    return config.adamw_mode();
  }
};

using CPUAdam = AdamOfStrategy<CPUAdamConfig>;
using DeepSpeedCPUAdam = AdamOfStrategy<DeepSpeedCPUAdamConfig>;
using FusedAdam = AdamOfStrategy<FusedAdamConfig>;
using HybridAdam = AdamOfStrategy<HybridAdamConfig>;

ANNEAL_REGISTER(Optimizer, CPUAdam);
ANNEAL_REGISTER(Optimizer, DeepSpeedCPUAdam);
ANNEAL_REGISTER(Optimizer, FusedAdam);
ANNEAL_REGISTER(Optimizer, HybridAdam);

}  // namespace
}  // namespace anneal
