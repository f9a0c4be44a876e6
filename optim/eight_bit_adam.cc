// bitsandbytes' optimizers with the square of the gradient and means of it.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "optim/eight_bit_config.h"
#include "optim/eight_bit_configs.pb.h"
#include "optim/eight_bit_optimizer.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// The options of AdEMAMix, which all these have.
Dict WithAlpha(Dict options) {
  options["alpha"] = 0.0;
  options["t_alpha"] = Value();
  options["t_beta3"] = Value();
  return options;
}

// Decays the means of Adam, and the weights; gives the step for a rate of 1,
// without the correction of the first mean.
at::Tensor AdamStep(EightBitStep& step) {
  const ParamGroup& group = step.group;
  const double beta1 = group.beta(0);
  const double beta2 = group.beta(1);
  step.means[0].mul_(beta1).add_(step.grad, 1 - beta1);
  step.square.mul_(beta2).addcmul_(step.grad, step.grad, 1 - beta2);
  const at::Tensor root =
      (step.square.sqrt() / std::sqrt(1 - std::pow(beta2, step.step)))
          .add_(group.real("eps"));
  step.param.mul_(1 - group.real("lr") * group.real("weight_decay"));
  return step.means[0] / root;
}

double AdamRate(const EightBitStep& step) {
  return step.group.real("lr") / (1 - std::pow(step.group.beta(0), step.step));
}

template <typename ConfigType>
class AdamOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<AdamOfBits>> Create(
      Config config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckEightBitConfig(config, {"amsgrad"}));
    SetDefault({0.9, 0.999}, config.mutable_betas());
    std::unique_ptr<AdamOfBits> optimizer(new AdamOfBits(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override {
    return NameOfConfig<Config>();
  }
  absl::string_view state_type() const override {
    return AlgorithmOfConfig<Config>();
  }
  void Update(EightBitStep& step) const override {
    step.param.add_(AdamStep(step), -AdamRate(step));
  }

 private:
  explicit AdamOfBits(const Config& config)
      : EightBitOptimizer(WithAlpha(OptionsOf(config, {"amsgrad", "optim_bits",
                                                       "min_8bit_size"})),
                          {1, true, Min8BitSize(config)}) {}
};

// Adam with a step that is at most max_unorm times as long as the parameter
// was. Its length is taken as bitsandbytes does on a CPU: before the means are
// corrected for beginning at 0.
template <typename ConfigType>
class LambOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<LambOfBits>> Create(
      Config config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckEightBitConfig(
        config, {"amsgrad", "bias_correction", "adam_w_mode"}));
    SetDefault({0.9, 0.999}, config.mutable_betas());
    std::unique_ptr<LambOfBits> optimizer(new LambOfBits(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override {
    return NameOfConfig<Config>();
  }
  absl::string_view state_type() const override {
    return AlgorithmOfConfig<Config>();
  }
  void Update(EightBitStep& step) const override {
    const at::Tensor before = step.param.clone();
    const at::Tensor update = AdamStep(step);
    const double root2 = std::sqrt(1 - std::pow(step.group.beta(1), step.step));
    step.param.add_(update,
                    -AdamRate(step) * Bound(step, before, update / root2));
  }

 private:
  explicit LambOfBits(const Config& config)
      : EightBitOptimizer(
            WithAlpha(OptionsOf(config,
                                {"amsgrad", "bias_correction", "adam_w_mode",
                                 "optim_bits", "min_8bit_size", "max_unorm"})),
            {1, true, Min8BitSize(config), config.max_unorm()}) {}
};

// Adam with a second, slow mean of the gradient (Pagliardini et al.: The
// AdEMAMix Optimizer: Better, Faster, Older, 2024).
template <typename ConfigType>
class AdEMAMixOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<AdEMAMixOfBits>> Create(
      Config config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckEightBitConfig(config, {}));
    SetDefault({0.9, 0.999, 0.9999}, config.mutable_betas());
    std::unique_ptr<AdEMAMixOfBits> optimizer(new AdEMAMixOfBits(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override {
    return NameOfConfig<Config>();
  }
  absl::string_view state_type() const override {
    return AlgorithmOfConfig<Config>();
  }

  absl::Status ValidateOptions(const Dict& options) const override {
    RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
    RETURN_IF_ERROR(CheckFinite(options, "alpha"));
    RETURN_IF_ERROR(CheckBetas(options, 3));
    for (const char* name : {"t_alpha", "t_beta3"}) {
      if (options.Find(name)->is_none()) continue;
      RETURN_IF_ERROR(CheckPositive(options, name));
    }
    const auto& betas = *options.Find("betas")->get_if<Value::List>();
    if (options.Find("t_beta3")->is_none() ||
        (*betas[0].AsReal("") > 0 && *betas[2].AsReal("") > 0)) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        "t_beta3 is given with a beta of 0, from which none can grow; leave it "
        "out");
  }

  void Update(EightBitStep& step) const override {
    const ParamGroup& group = step.group;
    const double beta2 = group.beta(1);
    const double beta3 = Beta3(group, step.step);
    const double lr = group.real("lr");
    at::Tensor& fast = step.means[0];
    at::Tensor& slow = step.means[1];
    fast.mul_(group.beta(0)).add_(step.grad, 1 - group.beta(0));
    slow.mul_(beta3).add_(step.grad, 1 - beta3);
    step.square.mul_(beta2).addcmul_(step.grad, step.grad, 1 - beta2);
    const at::Tensor mixed = (fast / (1 - std::pow(group.beta(0), step.step)))
                                 .add_(slow, Alpha(group, step.step));
    const at::Tensor root =
        (step.square.sqrt() / std::sqrt(1 - std::pow(beta2, step.step)))
            .add_(group.real("eps"));
    step.param.mul_(1 - lr * group.real("weight_decay"));
    step.param.addcdiv_(mixed, root, -lr);
  }

 private:
  explicit AdEMAMixOfBits(const Config& config)
      : EightBitOptimizer(OptionsOf(config, {"optim_bits", "min_8bit_size"}),
                          {2, true, Min8BitSize(config)}) {}

  // What the steps so far are of option `name`; none where there is none.
  static absl::optional<double> Share(const ParamGroup& group, const char* name,
                                      int64_t step) {
    const Value* steps = group.options.Find(name);
    if (steps->is_none()) return absl::nullopt;
    return step / *steps->AsReal(name);
  }

  static double Alpha(const ParamGroup& group, int64_t step) {
    const double alpha = group.real("alpha");
    return alpha * std::min(Share(group, "t_alpha", step).value_or(1), 1.0);
  }

  // Grows from beta1 so that the mean's half-life grows evenly.
  static double Beta3(const ParamGroup& group, int64_t step) {
    const double beta3 = group.beta(2);
    const auto share = Share(group, "t_beta3", step);
    if (!share) return beta3;
    const double log1 = std::log(group.beta(0));
    const double log3 = std::log(beta3);
    return std::min(
        std::exp(log1 * log3 / ((1 - *share) * log3 + *share * log1)), beta3);
  }
};

using AdEMAMix = AdEMAMixOfBits<AdEMAMixConfig>;
using AdEMAMix32bit = AdEMAMixOfBits<AdEMAMix32bitConfig>;
using AdEMAMix8bit = AdEMAMixOfBits<AdEMAMix8bitConfig>;
using Adam32bit = AdamOfBits<Adam32bitConfig>;
using Adam8bit = AdamOfBits<Adam8bitConfig>;
using AdamW32bit = AdamOfBits<AdamW32bitConfig>;
using AdamW8bit = AdamOfBits<AdamW8bitConfig>;
using LAMB = LambOfBits<LAMBConfig>;
using LAMB32bit = LambOfBits<LAMB32bitConfig>;
using LAMB8bit = LambOfBits<LAMB8bitConfig>;
using PagedAdEMAMix = AdEMAMixOfBits<PagedAdEMAMixConfig>;
using PagedAdEMAMix32bit = AdEMAMixOfBits<PagedAdEMAMix32bitConfig>;
using PagedAdEMAMix8bit = AdEMAMixOfBits<PagedAdEMAMix8bitConfig>;
using PagedAdam = AdamOfBits<PagedAdamConfig>;
using PagedAdam32bit = AdamOfBits<PagedAdam32bitConfig>;
using PagedAdam8bit = AdamOfBits<PagedAdam8bitConfig>;
using PagedAdamW = AdamOfBits<PagedAdamWConfig>;
using PagedAdamW32bit = AdamOfBits<PagedAdamW32bitConfig>;
using PagedAdamW8bit = AdamOfBits<PagedAdamW8bitConfig>;
using bnb_Adam = AdamOfBits<bnb_AdamConfig>;
using bnb_AdamW = AdamOfBits<bnb_AdamWConfig>;

ANNEAL_REGISTER(Optimizer, AdEMAMix);
ANNEAL_REGISTER(Optimizer, AdEMAMix32bit);
ANNEAL_REGISTER(Optimizer, AdEMAMix8bit);
ANNEAL_REGISTER(Optimizer, Adam32bit);
ANNEAL_REGISTER(Optimizer, Adam8bit);
ANNEAL_REGISTER(Optimizer, AdamW32bit);
ANNEAL_REGISTER(Optimizer, AdamW8bit);
ANNEAL_REGISTER(Optimizer, LAMB);
ANNEAL_REGISTER(Optimizer, LAMB32bit);
ANNEAL_REGISTER(Optimizer, LAMB8bit);
ANNEAL_REGISTER(Optimizer, PagedAdEMAMix);
ANNEAL_REGISTER(Optimizer, PagedAdEMAMix32bit);
ANNEAL_REGISTER(Optimizer, PagedAdEMAMix8bit);
ANNEAL_REGISTER(Optimizer, PagedAdam);
ANNEAL_REGISTER(Optimizer, PagedAdam32bit);
ANNEAL_REGISTER(Optimizer, PagedAdam8bit);
ANNEAL_REGISTER(Optimizer, PagedAdamW);
ANNEAL_REGISTER(Optimizer, PagedAdamW32bit);
ANNEAL_REGISTER(Optimizer, PagedAdamW8bit);
ANNEAL_REGISTER(Optimizer, bnb_Adam);
ANNEAL_REGISTER(Optimizer, bnb_AdamW);

}  // namespace
}  // namespace anneal
