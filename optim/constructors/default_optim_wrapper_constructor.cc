// DefaultOptimWrapperConstructor: settings by a parameter's name and layer.

#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "logging/log.h"
#include "optim/constructors/base_settings.h"
#include "optim/constructors/custom_keys.h"
#include "optim/constructors/default_optim_wrapper_constructor.pb.h"
#include "optim/constructors/module_kind.h"
#include "optim/constructors/module_tree.h"
#include "optim/constructors/multipliers.h"
#include "optim/constructors/optim_wrapper_constructor.h"
#include "optim/constructors/python_str.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using Config = DefaultOptimWrapperConstructorConfig;

// One model's groups in the making.
class GroupMaker {
 public:
  GroupMaker(const Config& config, const BaseSettings& base,
             const CustomKeys& custom_keys)
      : config_(config), base_(base), custom_keys_(custom_keys) {}

  absl::Status AddParams(const torch::nn::Module& module,
                         const std::string& prefix, bool is_in_dcn) {
    for (const NamedParam& named : OwnParameters(module)) {
      const std::string full_name = absl::StrCat(prefix, named.name);
      const auto [first, is_new] =
          names_by_param_.emplace(named.param.unsafeGetTensorImpl(), full_name);
      if (!is_new) {
        if (!config_.bypass_duplicate()) return Duplicate(full_name, *first);
        ANNEAL_LOG(WARNING) << absl::StripSuffix(prefix, ".")
                            << " is duplicate. It is skipped since "
                               "bypass_duplicate=True";
        continue;
      }
      ParamGroup& group = groups_.emplace_back();
      group.params = {named.param};
      group.names = {full_name};
      if (!named.param.requires_grad()) continue;
      const Layer layer{module, prefix, is_in_dcn};
      group.options = Options(layer, named, full_name);
      for (const auto& [key, value] : group.options) {
        ANNEAL_LOG(INFO) << "paramwise_options -- " << full_name << ":"
                         << KeyString(key) << "=" << PythonStr(value);
      }
    }
    for (const NamedChild& child : Children(module)) {
      RETURN_IF_ERROR(AddParams(*child.module,
                                absl::StrCat(prefix, child.name, "."),
                                IsDeformConv2d(module)));
    }
    return absl::OkStatus();
  }

  std::vector<ParamGroup> groups() && { return std::move(groups_); }

 private:
  struct Layer {
    const torch::nn::Module& module;
    const std::string& prefix;
    bool is_in_dcn;
  };

  static absl::Status Duplicate(
      const std::string& name,
      const std::pair<const void* const, std::string>& first) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " is the same parameter as ", first.second,
        "; set optim_wrapper.paramwise_cfg.bypass_duplicate: true to give it "
        "the settings of the first"));
  }

  Dict Options(const Layer& layer, const NamedParam& named,
               const std::string& full_name) const {
    Dict options;
    // mmengine's: the name of a parameter of the model itself has a dot before
    // it.
    const std::string matched =
        layer.prefix.empty() ? absl::StrCat(".", full_name) : full_name;
    if (const CustomKeys::Entry* entry = custom_keys_.Match(matched)) {
      if (base_.lr) options["lr"] = *base_.lr * entry->lr_mult;
      if (base_.weight_decay) {
        options["weight_decay"] = *base_.weight_decay * entry->decay_mult;
      }
      for (const auto& [key, value] : entry->settings) options.Set(key, value);
      return options;
    }
    if (const auto mult = LrMult(layer, named.name)) {
      options["lr"] = *base_.lr * *mult;
    }
    if (!base_.weight_decay) return options;
    if (const auto mult = DecayMult(layer, named)) {
      options["weight_decay"] = *base_.weight_decay * *mult;
    }
    return options;
  }

  absl::optional<double> LrMult(const Layer& layer,
                                const std::string& name) const {
    const bool is_offset =
        layer.is_in_dcn && IsConv2d(layer.module) &&
        layer.prefix.find("conv_offset") != layer.prefix.npos;
    if (is_offset && config_.has_dcn_offset_lr_mult()) {
      return config_.dcn_offset_lr_mult();
    }
    if (name == "bias" && config_.has_bias_lr_mult() && !layer.is_in_dcn &&
        !IsNorm(layer.module)) {
      return config_.bias_lr_mult();
    }
    return absl::nullopt;
  }

  absl::optional<double> DecayMult(const Layer& layer,
                                   const NamedParam& named) const {
    if (config_.has_norm_decay_mult() && IsNorm(layer.module)) {
      return config_.norm_decay_mult();
    }
    if (config_.has_bias_decay_mult() && named.name == "bias" &&
        !layer.is_in_dcn) {
      return config_.bias_decay_mult();
    }
    if (config_.has_dwconv_decay_mult() && IsDepthwiseConv2d(layer.module)) {
      return config_.dwconv_decay_mult();
    }
    if (config_.has_flat_decay_mult() && named.param.dim() == 1 &&
        !layer.is_in_dcn) {
      return config_.flat_decay_mult();
    }
    return absl::nullopt;
  }

  const Config& config_;
  const BaseSettings& base_;
  const CustomKeys& custom_keys_;
  std::vector<ParamGroup> groups_;
  std::map<const void*, std::string> names_by_param_;
};

// A group for each parameter, in the order of the module tree, each module's
// own parameters before its children's: mmengine's order.
//
//   optim_wrapper:
//     optimizer: {type: AdamW, lr: 0.001, weight_decay: 0.05}
//     paramwise_cfg:
//       norm_decay_mult: 0
//       custom_keys: {backbone: {lr_mult: 0.1}, pos_embed: {decay_mult: 0}}
class DefaultOptimWrapperConstructor : public OptimWrapperConstructor {
 public:
  using Config = DefaultOptimWrapperConstructorConfig;

  static absl::StatusOr<std::unique_ptr<DefaultOptimWrapperConstructor>> Create(
      const Config& config) {
    RETURN_IF_ERROR(CheckMultipliers(config));
    return std::make_unique<DefaultOptimWrapperConstructor>(config);
  }

  explicit DefaultOptimWrapperConstructor(const Config& config)
      : config_(config) {}

  absl::StatusOr<std::vector<ParamGroup>> MakeGroups(
      const torch::nn::Module& model,
      const google::protobuf::Any& optimizer) const override {
    if (config_.ByteSizeLong() == 0) return OneGroup(model);
    ASSIGN_OR_RETURN(const BaseSettings base, ReadBaseSettings(optimizer));
    RETURN_IF_ERROR(CheckMultiplied(config_, base));
    ASSIGN_OR_RETURN(const CustomKeys custom_keys,
                     CustomKeys::Create(config_.custom_keys(), base));
    GroupMaker maker(config_, base, custom_keys);
    RETURN_IF_ERROR(maker.AddParams(model, "", /*is_in_dcn=*/false));
    std::vector<ParamGroup> groups = std::move(maker).groups();
    std::vector<std::string> names;
    for (const ParamGroup& group : groups) names.push_back(group.names[0]);
    custom_keys.WarnOfUnmatched(names);
    return groups;
  }

 private:
  Config config_;
};

ANNEAL_REGISTER(OptimWrapperConstructor, DefaultOptimWrapperConstructor);

}  // namespace
}  // namespace anneal
