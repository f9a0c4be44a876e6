// bitsandbytes' optimizers, those with state in 8 bits and those in which
// optim_bits says so.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "optim/eight_bit.pb.h"
#include "optim/eight_bit_optimizer.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// What a config that has optim_bits must say of it, and one that has not.
template <typename Config>
auto CheckBits(const Config& config, int)
    -> decltype(config.optim_bits(), absl::Status()) {
  if (config.optim_bits() == 8 || config.optim_bits() == 32) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "optim_bits is ", config.optim_bits(), "; it must be 8 or 32"));
}
template <typename Config>
absl::Status CheckBits(const Config&, ...) {
  return absl::OkStatus();
}

// The size from which on state has 8 bits.
template <typename Config>
auto MinSize(const Config& config, int)
    -> decltype(config.optim_bits(), int64_t()) {
  return config.optim_bits() == 8 ? config.min_8bit_size()
                                  : std::numeric_limits<int64_t>::max();
}
template <typename Config>
int64_t MinSize(const Config& config, ...) {
  return config.min_8bit_size();
}

template <typename Config>
absl::string_view NameOf() {
  return absl::StripSuffix(Config::descriptor()->name(), "Config");
}

// All of them decay the weights themselves.
template <typename ConfigType>
class AdamOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<AdamOfBits>> Create(
      Config config, std::vector<ParamGroup> groups) {
    if (config.amsgrad()) {
      return absl::InvalidArgumentError(
          "amsgrad is true, which bitsandbytes has not; use AdamW");
    }
    RETURN_IF_ERROR(CheckBits(config, 0));
    SetDefault({0.9, 0.999}, config.mutable_betas());
    std::unique_ptr<AdamOfBits> optimizer(new AdamOfBits(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return NameOf<Config>(); }
  void Update(const ParamGroup& group, int64_t step, const at::Tensor& param,
              const at::Tensor& grad,
              const std::array<at::Tensor, 2>& means) const override {
    const double beta1 = group.beta(0);
    const double beta2 = group.beta(1);
    const double lr = group.real("lr");
    means[0].mul_(beta1).add_(grad, 1 - beta1);
    means[1].mul_(beta2).addcmul_(grad, grad, 1 - beta2);
    const at::Tensor root =
        (means[1].sqrt() / std::sqrt(1 - std::pow(beta2, step)))
            .add_(group.real("eps"));
    param.mul_(1 - lr * group.real("weight_decay"));
    param.addcdiv_(means[0], root, -lr / (1 - std::pow(beta1, step)));
  }

 private:
  explicit AdamOfBits(const Config& config)
      : EightBitOptimizer(Options(config), 2, MinSize(config, 0)) {}

  static Dict Options(const Config& config) {
    Dict options =
        OptionsOf(config, {"amsgrad", "optim_bits", "min_8bit_size"});
    // They have the options of another class too.
    options["alpha"] = 0.0;
    options["t_alpha"] = Value();
    options["t_beta3"] = Value();
    return options;
  }
};

template <typename ConfigType>
class LionOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<LionOfBits>> Create(
      Config config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckBits(config, 0));
    SetDefault({0.9, 0.99}, config.mutable_betas());
    std::unique_ptr<LionOfBits> optimizer(new LionOfBits(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return NameOf<Config>(); }
  void Update(const ParamGroup& group, int64_t, const at::Tensor& param,
              const at::Tensor& grad,
              const std::array<at::Tensor, 2>& means) const override {
    const double lr = group.real("lr");
    param.mul_(1 - lr * group.real("weight_decay"));
    param.add_((means[0] * group.beta(0) + grad * (1 - group.beta(0))).sign(),
               -lr);
    means[0].mul_(group.beta(1)).add_(grad, 1 - group.beta(1));
  }

 private:
  explicit LionOfBits(const Config& config)
      : EightBitOptimizer(
            Dict{{"lr", config.lr()},
                 {"betas", Value::List{config.betas(0), config.betas(1)}},
                 {"eps", 0.0},
                 {"weight_decay", config.weight_decay()}},
            1, MinSize(config, 0)) {}
};

template <typename ConfigType>
class SGDOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<SGDOfBits>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    if (config.momentum() == 0 || config.nesterov()) {
      return absl::InvalidArgumentError(
          absl::StrCat(config.nesterov() ? "nesterov is true, which "
                                         : "momentum is 0, which ",
                       NameOf<Config>(), " has not; use SGD"));
    }
    RETURN_IF_ERROR(CheckBits(config, 0));
    std::unique_ptr<SGDOfBits> optimizer(new SGDOfBits(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return NameOf<Config>(); }
  void Update(const ParamGroup& group, int64_t step, const at::Tensor& param,
              const at::Tensor& grad,
              const std::array<at::Tensor, 2>& means) const override {
    const at::Tensor penalized = grad.add(param, group.real("weight_decay"));
    // The mean begins at 0, so the first step's is the gradient.
    means[0].mul_(group.beta(0)).add_(penalized);
    param.add_(means[0], -group.real("lr"));
  }

 private:
  // Momentum is the first of the betas, as theirs.
  explicit SGDOfBits(const Config& config)
      : EightBitOptimizer(
            Dict{{"lr", config.lr()},
                 {"betas", Value::List{config.momentum(), config.dampening()}},
                 {"eps", 0.0},
                 {"weight_decay", config.weight_decay()}},
            1, MinSize(config, 0)) {}
};

template <typename ConfigType>
class RMSpropOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<RMSpropOfBits>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    // The original takes a momentum and has none.
    if (config.momentum() != 0 || config.centered() || config.alpha() == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(config.alpha() == 0 ? "alpha is 0"
                       : config.centered() ? "centered is true"
                                           : "momentum is not 0",
                       ", which ", NameOf<Config>(), " has not; use RMSprop"));
    }
    RETURN_IF_ERROR(CheckBits(config, 0));
    std::unique_ptr<RMSpropOfBits> optimizer(new RMSpropOfBits(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return NameOf<Config>(); }
  void Update(const ParamGroup& group, int64_t, const at::Tensor& param,
              const at::Tensor& grad,
              const std::array<at::Tensor, 2>& means) const override {
    const at::Tensor penalized = grad.add(param, group.real("weight_decay"));
    means[0]
        .mul_(group.beta(0))
        .addcmul_(penalized, penalized, 1 - group.beta(0));
    param.addcdiv_(penalized, means[0].sqrt().add_(group.real("eps")),
                   -group.real("lr"));
  }

 private:
  // Alpha is the first of the betas, as theirs.
  explicit RMSpropOfBits(const Config& config)
      : EightBitOptimizer(Dict{{"lr", config.lr()},
                               {"betas", Value::List{config.alpha(), 0.0}},
                               {"eps", config.eps()},
                               {"weight_decay", config.weight_decay()}},
                          1, MinSize(config, 0)) {}
};

template <typename ConfigType>
class AdagradOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<AdagradOfBits>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    if (config.lr_decay() != 0 || config.initial_accumulator_value() != 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          config.lr_decay() != 0 ? "lr_decay" : "initial_accumulator_value",
          " is not 0, which ", NameOf<Config>(), " has not; use Adagrad"));
    }
    RETURN_IF_ERROR(CheckBits(config, 0));
    std::unique_ptr<AdagradOfBits> optimizer(new AdagradOfBits(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return NameOf<Config>(); }
  void Update(const ParamGroup& group, int64_t, const at::Tensor& param,
              const at::Tensor& grad,
              const std::array<at::Tensor, 2>& means) const override {
    const at::Tensor penalized = grad.add(param, group.real("weight_decay"));
    means[0].addcmul_(penalized, penalized);
    param.addcdiv_(penalized, means[0].sqrt().add_(group.real("eps")),
                   -group.real("lr"));
  }

 private:
  explicit AdagradOfBits(const Config& config)
      : EightBitOptimizer(Dict{{"lr", config.lr()},
                               {"betas", Value::List{0.0, 0.0}},
                               {"eps", config.eps()},
                               {"weight_decay", config.weight_decay()}},
                          1, MinSize(config, 0)) {}
};

using Adagrad8bit = AdagradOfBits<Adagrad8bitConfig>;
using Adam8bit = AdamOfBits<Adam8bitConfig>;
using AdamW8bit = AdamOfBits<AdamW8bitConfig>;
using Lion8bit = LionOfBits<Lion8bitConfig>;
using RMSprop8bit = RMSpropOfBits<RMSprop8bitConfig>;
using SGD8bit = SGDOfBits<SGD8bitConfig>;
using bnb_Adagrad = AdagradOfBits<bnb_AdagradConfig>;
using bnb_Adam = AdamOfBits<bnb_AdamConfig>;
using bnb_AdamW = AdamOfBits<bnb_AdamWConfig>;
using bnb_Lion = LionOfBits<bnb_LionConfig>;
using bnb_RMSprop = RMSpropOfBits<bnb_RMSpropConfig>;
using bnb_SGD = SGDOfBits<bnb_SGDConfig>;

ANNEAL_REGISTER(Optimizer, Adagrad8bit);
ANNEAL_REGISTER(Optimizer, Adam8bit);
ANNEAL_REGISTER(Optimizer, AdamW8bit);
ANNEAL_REGISTER(Optimizer, Lion8bit);
ANNEAL_REGISTER(Optimizer, RMSprop8bit);
ANNEAL_REGISTER(Optimizer, SGD8bit);
ANNEAL_REGISTER(Optimizer, bnb_Adagrad);
ANNEAL_REGISTER(Optimizer, bnb_Adam);
ANNEAL_REGISTER(Optimizer, bnb_AdamW);
ANNEAL_REGISTER(Optimizer, bnb_Lion);
ANNEAL_REGISTER(Optimizer, bnb_RMSprop);
ANNEAL_REGISTER(Optimizer, bnb_SGD);

}  // namespace
}  // namespace anneal
