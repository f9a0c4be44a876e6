// LearningRateDecayOptimWrapperConstructor: a learning rate for each layer.

#include <torch/nn/module.h>

#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/optional.h"
#include "logging/log.h"
#include "optim/constructors/base_settings.h"
#include "optim/constructors/custom_keys.h"
#include "optim/constructors/layer_depth.h"
#include "optim/constructors/learning_rate_decay_optim_wrapper_constructor.pb.h"
#include "optim/constructors/module_kind.h"
#include "optim/constructors/module_tree.h"
#include "optim/constructors/multipliers.h"
#include "optim/constructors/optim_wrapper_constructor.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using Config = LearningRateDecayOptimWrapperConstructorConfig;

class GroupMaker {
 public:
  GroupMaker(const Config& config, const BaseSettings& base,
             const CustomKeys& custom_keys, const HasLayerDepth& model)
      : config_(config),
        base_(base),
        custom_keys_(custom_keys),
        model_(model) {}

  void AddParams(const torch::nn::Module& module, const std::string& prefix) {
    const bool is_norm = IsNorm(module);
    for (const NamedParam& named : OwnParameters(module)) {
      if (!named.param.requires_grad()) continue;
      // One that several modules share belongs to the first.
      if (!seen_.insert(named.param.unsafeGetTensorImpl()).second) continue;
      ParamGroup& group = groups_.emplace_back();
      group.params = {named.param};
      const std::string name = absl::StrCat(prefix, named.name);
      group.names = {name};
      if (base_.weight_decay) SetDecay(is_norm, named, &group);
      const HasLayerDepth::Depth depth = model_.GetLayerDepth(name);
      const double scale = std::pow(config_.layer_decay_rate(),
                                    depth.num_layers - depth.layer - 1);
      group.options["lr"] = *base_.lr * scale;
      group.options["lr_scale"] = scale;
      group.options["layer_id"] = depth.layer;
      group.options["param_name"] = name;
    }
    for (const NamedChild& child : Children(module)) {
      AddParams(*child.module, absl::StrCat(prefix, child.name, "."));
    }
  }

  // The groups of each layer, layers in the order of their first parameter.
  void LogLayers() const {
    std::vector<std::string> texts;
    std::map<int64_t, size_t> places;
    for (const ParamGroup& group : groups_) {
      const int64_t layer = *group.options.Find("layer_id")->get_if<int64_t>();
      const auto [place, is_new] = places.emplace(layer, texts.size());
      if (is_new) {
        texts.push_back(
            absl::StrFormat("layer %d params (lr=%.3g, "
                            "lr_scale=%.3g):",
                            layer, group.real("lr"), group.real("lr_scale")));
      }
      std::string& text = texts[place->second];
      absl::StrAppend(&text, "\n\t", group.names[0], ":");
      if (base_.weight_decay) {
        absl::StrAppendFormat(&text, " weight_decay=%.3g",
                              group.real("weight_decay"));
      }
    }
    for (const std::string& text : texts) ANNEAL_LOG(DEBUG) << text;
  }

  std::vector<ParamGroup> groups() && { return std::move(groups_); }

 private:
  void SetDecay(bool is_norm, const NamedParam& named,
                ParamGroup* group) const {
    const double base = *base_.weight_decay;
    Dict& options = group->options;
    if (const CustomKeys::Entry* entry = custom_keys_.Match(group->names[0])) {
      options["weight_decay"] = base * entry->decay_mult;
      for (const auto& [key, value] : entry->settings) {
        if (KeyString(key) != "decay_mult") options.Set(key, value);
      }
    } else if (is_norm && config_.has_norm_decay_mult()) {
      options["weight_decay"] = base * config_.norm_decay_mult();
    } else if (named.name == "bias" && config_.has_bias_decay_mult()) {
      options["weight_decay"] = base * config_.bias_decay_mult();
    } else if (named.param.dim() == 1 && config_.has_flat_decay_mult()) {
      options["weight_decay"] = base * config_.flat_decay_mult();
    } else {
      options["weight_decay"] = base;
    }
  }

  const Config& config_;
  const BaseSettings& base_;
  const CustomKeys& custom_keys_;
  const HasLayerDepth& model_;
  std::vector<ParamGroup> groups_;
  std::set<const void*> seen_;
};

// mmpretrain's: the learning rate of layer i of n is the optimizer's times
// layer_decay_rate^(n - 1 - i), for models that say how deep a parameter lies
// (layer_depth.h); frozen ones are left out. The rest of paramwise_cfg sets the
// weight decay. (ELECTRA: Clark et al., 2020; BEiT: Bao et al., 2022.)
//
//   optim_wrapper:
//     optimizer: {type: AdamW, lr: 0.004, weight_decay: 0.05}
//     constructor: LearningRateDecayOptimWrapperConstructor
//     paramwise_cfg: {layer_decay_rate: 0.65, norm_decay_mult: 0}
class LearningRateDecayOptimWrapperConstructor
    : public OptimWrapperConstructor {
 public:
  using Config = LearningRateDecayOptimWrapperConstructorConfig;

  static absl::StatusOr<
      std::unique_ptr<LearningRateDecayOptimWrapperConstructor>>
  Create(const Config& config) {
    RETURN_IF_ERROR(CheckMultipliers(config));
    if (!(config.layer_decay_rate() > 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("optim_wrapper.paramwise_cfg.layer_decay_rate is ",
                       config.layer_decay_rate(), "; it must be above 0"));
    }
    return std::make_unique<LearningRateDecayOptimWrapperConstructor>(config);
  }

  explicit LearningRateDecayOptimWrapperConstructor(const Config& config)
      : config_(config) {}

  absl::StatusOr<std::vector<ParamGroup>> MakeGroups(
      const torch::nn::Module& model,
      const google::protobuf::Any& optimizer) const override {
    if (config_.ByteSizeLong() == 0) return OneGroup(model);
    const auto* layered = dynamic_cast<const HasLayerDepth*>(&model);
    if (layered == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "LearningRateDecayOptimWrapperConstructor needs to know how deep "
          "each parameter lies, which ",
          model.name(),
          " does not say; let the model inherit HasLayerDepth "
          "(//optim/constructors:layer_depth)"));
    }
    ASSIGN_OR_RETURN(const BaseSettings base, ReadBaseSettings(optimizer));
    RETURN_IF_ERROR(CheckMultiplied(config_, base));
    RETURN_IF_ERROR(CheckMultiplies("layer_decay_rate", "lr", base.lr, base));
    if (!config_.custom_keys().empty()) {
      RETURN_IF_ERROR(CheckMultiplies("custom_keys", "weight_decay",
                                      base.weight_decay, base));
    }
    ASSIGN_OR_RETURN(const CustomKeys custom_keys,
                     CustomKeys::Create(config_.custom_keys(), base));
    GroupMaker maker(config_, base, custom_keys, *layered);
    maker.AddParams(model, "");
    maker.LogLayers();
    std::vector<ParamGroup> groups = std::move(maker).groups();
    std::vector<std::string> names;
    for (const ParamGroup& group : groups) names.push_back(group.names[0]);
    custom_keys.WarnOfUnmatched(names);
    return groups;
  }

 private:
  Config config_;
};

ANNEAL_REGISTER(OptimWrapperConstructor,
                LearningRateDecayOptimWrapperConstructor);

}  // namespace
}  // namespace anneal
