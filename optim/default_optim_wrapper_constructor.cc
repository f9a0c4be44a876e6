// DefaultOptimWrapperConstructor: a group for each parameter.

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/normalization.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "optim/default_optim_wrapper_constructor.pb.h"
#include "optim/optim_wrapper_constructor.h"
#include "utils/real_text.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

namespace nn = torch::nn;
using google::protobuf::Struct;
using PbValue = google::protobuf::Value;

template <typename... Layers>
bool IsAnyOf(const nn::Module& module) {
  return ((dynamic_cast<const Layers*>(&module) != nullptr) || ...);
}

bool IsNorm(const nn::Module& module) {
  return IsAnyOf<nn::BatchNorm1dImpl, nn::BatchNorm2dImpl, nn::BatchNorm3dImpl,
                 nn::InstanceNorm1dImpl, nn::InstanceNorm2dImpl,
                 nn::InstanceNorm3dImpl, nn::GroupNormImpl, nn::LayerNormImpl>(
      module);
}

bool IsDepthwiseConv(const nn::Module& module) {
  const auto* conv = dynamic_cast<const nn::Conv2dImpl*>(&module);
  return conv && conv->options.in_channels() == conv->options.groups();
}

bool IsDeformableConv(const nn::Module& module) {
  return absl::StrContains(module.name(), "DeformConv2d");
}

Value ToValue(const PbValue& value) {
  switch (value.kind_case()) {
    case PbValue::kNumberValue:
      return value.number_value();
    case PbValue::kBoolValue:
      return value.bool_value();
    case PbValue::kStringValue:
      return value.string_value();
    case PbValue::kListValue: {
      Value::List list;
      for (const PbValue& item : value.list_value().values()) {
        list.push_back(ToValue(item));
      }
      return list;
    }
    default:
      return Value();
  }
}

double FactorIn(const Struct& settings, const char* name) {
  const auto it = settings.fields().find(name);
  return it == settings.fields().end() ? 1 : it->second.number_value();
}

bool Has(const Struct& settings, const char* name) {
  return settings.fields().contains(name);
}

std::string Shown(const Value& value) {
  const auto* number = value.get_if<double>();
  return number != nullptr ? RealText(*number) : value.DebugString();
}

std::string Joined(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : absl::StrCat(prefix, ".", name);
}

// The walk over one model.
class Grouping {
 public:
  Grouping(const DefaultOptimWrapperConstructorConfig& config,
           const BaseOptions& base)
      : config_(config), base_(base) {
    for (const auto& [key, settings] : config.custom_keys()) {
      sorted_keys_.push_back(key);
    }
    std::sort(sorted_keys_.begin(), sorted_keys_.end(),
              [](const std::string& a, const std::string& b) {
                return a.size() != b.size() ? a.size() > b.size() : a < b;
              });
  }

  absl::Status AddModule(const nn::Module& module, const std::string& prefix,
                         bool is_in_dcn) {
    for (const auto& item : module.named_parameters(/*recurse=*/false)) {
      RETURN_IF_ERROR(
          AddParam(module, prefix, item.key(), item.value(), is_in_dcn));
    }
    const bool is_dcn = IsDeformableConv(module);
    std::set<const nn::Module*> seen;
    for (const auto& child : module.named_children()) {
      if (!seen.insert(child.value().get()).second) continue;
      RETURN_IF_ERROR(
          AddModule(*child.value(), Joined(prefix, child.key()), is_dcn));
    }
    return absl::OkStatus();
  }

  std::vector<ParamGroup> groups() && { return std::move(groups_); }

 private:
  absl::Status AddParam(const nn::Module& module, const std::string& prefix,
                        const std::string& name, const at::Tensor& param,
                        bool is_in_dcn) {
    const std::string full_name = Joined(prefix, name);
    if (!seen_.insert(param.unsafeGetTensorImpl()).second) {
      if (!config_.bypass_duplicate()) {
        return absl::InvalidArgumentError(
            absl::StrCat("optim_wrapper.paramwise_cfg: ", full_name,
                         " is a parameter of another module too; set "
                         "bypass_duplicate: true to take it once"));
      }
      ANNEAL_LOG(WARNING) << prefix
                          << " is duplicate. It is skipped since "
                             "bypass_duplicate=True";
      return absl::OkStatus();
    }
    ParamGroup group;
    group.params = {param};
    group.names = {full_name};
    if (param.requires_grad()) {
      group.options = OptionsOf(module, prefix, name, param, is_in_dcn);
    }
    for (const auto& [key, value] : group.options) {
      ANNEAL_LOG(INFO) << "paramwise_options -- " << full_name << ":"
                       << KeyString(key) << "=" << Shown(value);
    }
    groups_.push_back(std::move(group));
    return absl::OkStatus();
  }

  Dict OptionsOf(const nn::Module& module, const std::string& prefix,
                 const std::string& name, const at::Tensor& param,
                 bool is_in_dcn) const {
    for (const std::string& key : sorted_keys_) {
      if (absl::StrContains(absl::StrCat(prefix, ".", name), key)) {
        return CustomOptions(config_.custom_keys().at(key));
      }
    }
    Dict options;
    const bool is_norm = IsNorm(module);
    const bool is_bias = name == "bias";
    if (is_bias && !is_norm && !is_in_dcn && config_.has_bias_lr_mult()) {
      options["lr"] = base_.lr * config_.bias_lr_mult();
    }
    if (absl::StrContains(prefix, "conv_offset") && is_in_dcn &&
        config_.has_dcn_offset_lr_mult() && IsAnyOf<nn::Conv2dImpl>(module)) {
      options["lr"] = base_.lr * config_.dcn_offset_lr_mult();
    }
    if (!base_.weight_decay) return options;
    absl::optional<double> factor;
    if (is_norm && config_.has_norm_decay_mult()) {
      factor = config_.norm_decay_mult();
    } else if (is_bias && !is_in_dcn && config_.has_bias_decay_mult()) {
      factor = config_.bias_decay_mult();
    } else if (IsDepthwiseConv(module) && config_.has_dwconv_decay_mult()) {
      factor = config_.dwconv_decay_mult();
    } else if (param.dim() == 1 && !is_in_dcn &&
               config_.has_flat_decay_mult()) {
      factor = config_.flat_decay_mult();
    }
    if (factor) options["weight_decay"] = *base_.weight_decay * *factor;
    return options;
  }

  Dict CustomOptions(const Struct& settings) const {
    Dict options;
    options["lr"] = base_.lr * FactorIn(settings, "lr_mult");
    if (base_.weight_decay) {
      options["weight_decay"] =
          *base_.weight_decay * FactorIn(settings, "decay_mult");
    }
    std::set<std::string> names;
    for (const auto& [name, value] : settings.fields()) names.insert(name);
    // As configs have them; a protobuf Struct keeps no order.
    for (const char* name : {"lr_mult", "decay_mult"}) {
      if (names.erase(name))
        options[name] = ToValue(settings.fields().at(name));
    }
    for (const std::string& name : names) {
      options[name] = ToValue(settings.fields().at(name));
    }
    return options;
  }

  const DefaultOptimWrapperConstructorConfig& config_;
  const BaseOptions& base_;
  std::vector<std::string> sorted_keys_;
  std::set<const void*> seen_;
  std::vector<ParamGroup> groups_;
};

// mmengine's: a group for each parameter, in the model's order, frozen ones
// among them.
//
//   optim_wrapper:
//     optimizer: {type: AdamW, lr: 0.001, weight_decay: 0.05}
//     paramwise_cfg:
//       norm_decay_mult: 0.0
//       custom_keys: {backbone: {lr_mult: 0.1}}
class DefaultOptimWrapperConstructor : public OptimWrapperConstructor {
 public:
  using Config = DefaultOptimWrapperConstructorConfig;

  static absl::StatusOr<std::unique_ptr<DefaultOptimWrapperConstructor>> Create(
      const Config& config) {
    for (const auto& [key, settings] : config.custom_keys()) {
      for (const char* name : {"lr_mult", "decay_mult"}) {
        const auto it = settings.fields().find(name);
        if (it == settings.fields().end() ||
            it->second.kind_case() == PbValue::kNumberValue) {
          continue;
        }
        return absl::InvalidArgumentError(
            absl::StrCat("optim_wrapper.paramwise_cfg.custom_keys.", key, ".",
                         name, " must be a number"));
      }
    }
    return std::make_unique<DefaultOptimWrapperConstructor>(config);
  }

  explicit DefaultOptimWrapperConstructor(const Config& config)
      : config_(config) {}

  absl::StatusOr<std::vector<ParamGroup>> ParamGroups(
      const nn::Module& model, const BaseOptions& base) const override {
    if (!base.weight_decay) RETURN_IF_ERROR(CheckNeedsNoWeightDecay());
    Grouping grouping(config_, base);
    RETURN_IF_ERROR(grouping.AddModule(model, "", /*is_in_dcn=*/false));
    return std::move(grouping).groups();
  }

 private:
  absl::Status CheckNeedsNoWeightDecay() const {
    bool needs_it = config_.has_bias_decay_mult() ||
                    config_.has_norm_decay_mult() ||
                    config_.has_dwconv_decay_mult();
    for (const auto& [key, settings] : config_.custom_keys()) {
      needs_it |= Has(settings, "decay_mult");
    }
    if (!needs_it) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "optim_wrapper.paramwise_cfg has factors of the weight decay, but the "
        "optimizer's weight_decay is not given; add "
        "optim_wrapper.optimizer.weight_decay");
  }

  Config config_;
};

ANNEAL_REGISTER(OptimWrapperConstructor, DefaultOptimWrapperConstructor);

}  // namespace
}  // namespace anneal
