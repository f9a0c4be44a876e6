// bitsandbytes' optimizers with one mean: of the gradient or of its square.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "optim/eight_bit_config.h"
#include "optim/eight_bit_configs.pb.h"
#include "optim/eight_bit_optimizer.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

at::Tensor Penalized(const EightBitStep& step) {
  return step.grad.add(step.param, step.group.real("weight_decay"));
}

template <typename ConfigType>
class LionOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<LionOfBits>> Create(
      Config config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckEightBitConfig(config, {}));
    SetDefault({0.9, 0.99}, config.mutable_betas());
    std::unique_ptr<LionOfBits> optimizer(new LionOfBits(config));
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
    const ParamGroup& group = step.group;
    at::Tensor& mean = step.means[0];
    const double lr = group.real("lr");
    step.param.mul_(1 - lr * group.real("weight_decay"));
    step.param.add_(
        (mean * group.beta(0) + step.grad * (1 - group.beta(0))).sign(), -lr);
    mean.mul_(group.beta(1)).add_(step.grad, 1 - group.beta(1));
  }

 private:
  explicit LionOfBits(const Config& config)
      : EightBitOptimizer(
            Dict{{"lr", config.lr()},
                 {"betas", Value::List{config.betas(0), config.betas(1)}},
                 {"eps", 0.0},
                 {"weight_decay", config.weight_decay()}},
            {1, false, Min8BitSize(config)}) {}
};

// SGD and LARS, whose steps are bounded.
template <typename ConfigType>
class SGDOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<SGDOfBits>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckEightBitConfig(config, {"nesterov"}));
    if (config.momentum() == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("momentum is 0, which ", NameOfConfig<Config>(),
                       " has not; set it above 0, or use SGD"));
    }
    std::unique_ptr<SGDOfBits> optimizer(new SGDOfBits(config));
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
    at::Tensor& mean = step.means[0];
    // It begins at 0, so the first step's is the gradient.
    mean.mul_(step.group.beta(0)).add_(Penalized(step));
    step.param.add_(mean,
                    -step.group.real("lr") * Bound(step, step.param, mean));
  }

 private:
  // Momentum is the first of the betas, as theirs.
  explicit SGDOfBits(const Config& config)
      : EightBitOptimizer(
            Dict{{"lr", config.lr()},
                 {"betas", Value::List{config.momentum(), config.dampening()}},
                 {"eps", 0.0},
                 {"weight_decay", config.weight_decay()}},
            {1, false, Min8BitSize(config), MaxUnorm(config, 0)}) {}

  template <typename T>
  static auto MaxUnorm(const T& config, int) -> decltype(config.max_unorm()) {
    return config.max_unorm();
  }
  template <typename T>
  static double MaxUnorm(const T&, ...) {
    return 0;
  }
};

template <typename ConfigType>
class RMSpropOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<RMSpropOfBits>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(CheckEightBitConfig(config, {"momentum", "centered"}));
    if (config.alpha() == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("alpha is 0, which ", NameOfConfig<Config>(),
                       " has not; set it above 0, or use RMSprop"));
    }
    std::unique_ptr<RMSpropOfBits> optimizer(new RMSpropOfBits(config));
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
    const at::Tensor grad = Penalized(step);
    const double alpha = step.group.beta(0);
    at::Tensor& square = step.means[0];
    square.mul_(alpha).addcmul_(grad, grad, 1 - alpha);
    step.param.addcdiv_(grad, square.sqrt().add_(step.group.real("eps")),
                        -step.group.real("lr"));
  }

 private:
  // Alpha is the first of the betas, as theirs.
  explicit RMSpropOfBits(const Config& config)
      : EightBitOptimizer(Dict{{"lr", config.lr()},
                               {"betas", Value::List{config.alpha(), 0.0}},
                               {"eps", config.eps()},
                               {"weight_decay", config.weight_decay()}},
                          {1, false, Min8BitSize(config)}) {}
};

template <typename ConfigType>
class AdagradOfBits : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<AdagradOfBits>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    RETURN_IF_ERROR(
        CheckEightBitConfig(config, {"lr_decay", "initial_accumulator_value"}));
    std::unique_ptr<AdagradOfBits> optimizer(new AdagradOfBits(config));
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
    const at::Tensor grad = Penalized(step);
    at::Tensor& square = step.means[0];
    square.addcmul_(grad, grad);
    step.param.addcdiv_(grad, square.sqrt().add_(step.group.real("eps")),
                        -step.group.real("lr"));
  }

 private:
  explicit AdagradOfBits(const Config& config)
      : EightBitOptimizer(Dict{{"lr", config.lr()},
                               {"betas", Value::List{0.0, 0.0}},
                               {"eps", config.eps()},
                               {"weight_decay", config.weight_decay()}},
                          {1, false, Min8BitSize(config)}) {}
};

using Adagrad32bit = AdagradOfBits<Adagrad32bitConfig>;
using Adagrad8bit = AdagradOfBits<Adagrad8bitConfig>;
using LARS = SGDOfBits<LARSConfig>;
using LARS32bit = SGDOfBits<LARS32bitConfig>;
using LARS8bit = SGDOfBits<LARS8bitConfig>;
using Lion32bit = LionOfBits<Lion32bitConfig>;
using Lion8bit = LionOfBits<Lion8bitConfig>;
using PagedLion = LionOfBits<PagedLionConfig>;
using PagedLion32bit = LionOfBits<PagedLion32bitConfig>;
using PagedLion8bit = LionOfBits<PagedLion8bitConfig>;
using RMSprop32bit = RMSpropOfBits<RMSprop32bitConfig>;
using RMSprop8bit = RMSpropOfBits<RMSprop8bitConfig>;
using SGD32bit = SGDOfBits<SGD32bitConfig>;
using SGD8bit = SGDOfBits<SGD8bitConfig>;
using bnb_Adagrad = AdagradOfBits<bnb_AdagradConfig>;
using bnb_Lion = LionOfBits<bnb_LionConfig>;
using bnb_RMSprop = RMSpropOfBits<bnb_RMSpropConfig>;
using bnb_SGD = SGDOfBits<bnb_SGDConfig>;

ANNEAL_REGISTER(Optimizer, Adagrad32bit);
ANNEAL_REGISTER(Optimizer, Adagrad8bit);
ANNEAL_REGISTER(Optimizer, LARS);
ANNEAL_REGISTER(Optimizer, LARS32bit);
ANNEAL_REGISTER(Optimizer, LARS8bit);
ANNEAL_REGISTER(Optimizer, Lion32bit);
ANNEAL_REGISTER(Optimizer, Lion8bit);
ANNEAL_REGISTER(Optimizer, PagedLion);
ANNEAL_REGISTER(Optimizer, PagedLion32bit);
ANNEAL_REGISTER(Optimizer, PagedLion8bit);
ANNEAL_REGISTER(Optimizer, RMSprop32bit);
ANNEAL_REGISTER(Optimizer, RMSprop8bit);
ANNEAL_REGISTER(Optimizer, SGD32bit);
ANNEAL_REGISTER(Optimizer, SGD8bit);
ANNEAL_REGISTER(Optimizer, bnb_Adagrad);
ANNEAL_REGISTER(Optimizer, bnb_Lion);
ANNEAL_REGISTER(Optimizer, bnb_RMSprop);
ANNEAL_REGISTER(Optimizer, bnb_SGD);

}  // namespace
}  // namespace anneal
