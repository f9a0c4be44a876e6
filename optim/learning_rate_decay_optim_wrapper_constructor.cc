// LearningRateDecayOptimWrapperConstructor: a lower rate for each layer that
// lies further from the output.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "logging/log.h"
#include "optim/default_optim_wrapper_constructor.pb.h"
#include "optim/learning_rate_decay_optim_wrapper_constructor.pb.h"
#include "optim/optim_wrapper_constructor.h"
#include "utils/real_text.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// The number behind "LAYERS." in a parameter's name, or -1.
int64_t LayerIn(absl::string_view name, absl::string_view layers) {
  const std::string prefix = absl::StrCat(layers, ".");
  for (size_t at = name.find(prefix); at != absl::string_view::npos;
       at = name.find(prefix, at + 1)) {
    if (at != 0 && name[at - 1] != '.')
      continue;
    const absl::string_view rest = name.substr(at + prefix.size());
    int64_t layer;
    if (absl::SimpleAtoi(rest.substr(0, rest.find('.')), &layer) &&
        layer >= 0) {
      return layer;
    }
  }
  return -1;
}

// The groups of DefaultOptimWrapperConstructor with
//
//   lr * layer_decay_rate^(N + 1 - depth)
//
// where what stands in the model before its N layers is of depth 0, the layers
// are 1 to N, and what stands behind them, the head, is N + 1 (Bao et al.:
// BEiT, 2022; mmpretrain's class of this name asks the model for the depths).
//
//   optim_wrapper:
//     optimizer: {type: AdamW, lr: 0.001, weight_decay: 0.05}
//     constructor: LearningRateDecayOptimWrapperConstructor
//     paramwise_cfg: {layer_decay_rate: 0.75, layers: backbone.blocks}
class LearningRateDecayOptimWrapperConstructor
    : public OptimWrapperConstructor {
public:
  using Config = LearningRateDecayOptimWrapperConstructorConfig;

  static absl::StatusOr<
      std::unique_ptr<LearningRateDecayOptimWrapperConstructor>>
  Create(const Config &config) {
    const double rate = config.layer_decay_rate();
    if (!(rate > 0 && rate <= 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("optim_wrapper.paramwise_cfg.layer_decay_rate is ", rate,
                       "; it must be in (0, 1]"));
    }
    DefaultOptimWrapperConstructorConfig base_config;
    ANNEAL_CHECK(base_config.ParseFromString(config.SerializeAsString()));
    google::protobuf::Any any;
    base_config.DiscardUnknownFields();
    any.PackFrom(base_config);
    ASSIGN_OR_RETURN(auto base,
                     RegistryOf<OptimWrapperConstructor>::Get().Build(any));
    return std::make_unique<LearningRateDecayOptimWrapperConstructor>(
        config, std::move(base));
  }

  LearningRateDecayOptimWrapperConstructor(
      const Config &config, std::unique_ptr<OptimWrapperConstructor> base)
      : config_(config), base_(std::move(base)) {}

  absl::StatusOr<std::vector<ParamGroup>>
  ParamGroups(const torch::nn::Module &model,
              const BaseOptions &base) const override {
    ASSIGN_OR_RETURN(std::vector<ParamGroup> groups,
                     base_->ParamGroups(model, base));
    std::vector<int64_t> layers;
    for (const ParamGroup &group : groups) {
      layers.push_back(LayerIn(group.names[0], config_.layers()));
    }
    const int64_t num_layers =
        layers.empty() ? 0
                       : *std::max_element(layers.begin(), layers.end()) + 1;
    if (num_layers == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "optim_wrapper.paramwise_cfg.layers is \"", config_.layers(),
          "\", but no parameter of the model is called ", config_.layers(),
          ".0...; the first is called ",
          groups.empty() ? "nothing" : groups[0].names[0]));
    }
    bool is_behind = false;
    for (size_t i = 0; i < groups.size(); ++i) {
      is_behind |= layers[i] >= 0;
      const int64_t depth = layers[i] >= 0 ? layers[i] + 1
                            : is_behind    ? num_layers + 1
                                           : 0;
      Scale(std::pow(config_.layer_decay_rate(), num_layers + 1 - depth),
            base.lr, &groups[i]);
    }
    return groups;
  }

private:
  static void Scale(double scale, double base_lr, ParamGroup *group) {
    const Value *own = group->options.Find("lr");
    const double lr = own == nullptr ? base_lr : group->real("lr");
    group->options["lr"] = lr * scale;
    group->options["lr_scale"] = scale;
    ANNEAL_LOG(INFO) << "paramwise_options -- " << group->names[0]
                     << ":lr=" << RealText(lr * scale);
  }

  Config config_;
  std::unique_ptr<OptimWrapperConstructor> base_;
};

ANNEAL_REGISTER(OptimWrapperConstructor,
                LearningRateDecayOptimWrapperConstructor);

} // namespace
} // namespace anneal
