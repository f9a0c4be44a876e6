// bitsandbytes' optimizers with state in 8 bits (Dettmers et al.: 8-bit
// Optimizers via Block-wise Quantization, 2022): state takes a quarter of the
// memory, a step a few passes more.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "optim/block_quantization.h"
#include "optim/eight_bit.pb.h"
#include "optim/optimizer.h"
#include "optim/options.h"
#include "optim/param_state.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// One mean of a parameter: float32, or quantized.
struct Mean {
  at::Tensor numbers;
  Quantized quantized;
};

struct State {
  int64_t step = 0;
  std::array<Mean, 2> means;
};

// Its classes say what a step does to float32 numbers. The second mean, if any,
// is never negative, so its bytes have no sign.
class EightBitOptimizer : public Optimizer {
 public:
  void Step() override;

 protected:
  EightBitOptimizer(Dict defaults, int num_means, int64_t min_8bit_size)
      : Optimizer(std::move(defaults)),
        num_means_(num_means),
        min_8bit_size_(min_8bit_size) {}

  virtual void Update(const ParamGroup& group, int64_t step,
                      const at::Tensor& param, const at::Tensor& grad,
                      const std::array<at::Tensor, 2>& means) const = 0;

  absl::Status ValidateOptions(const Dict& options) const override {
    RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
    return CheckBetas(options);
  }
  void ParamsAdded() override {
    states_.emplace_back(param_groups().back().params.size());
  }
  Dict ParamState(size_t group, size_t param) const override;
  absl::Status CheckParamState(size_t group, size_t param,
                               const Dict& state) const override;
  void LoadParamState(size_t group, size_t param, const Dict& state) override;

 private:
  bool IsQuantized(const at::Tensor& param) const {
    return param.numel() >= min_8bit_size_;
  }
  static const at::Tensor& MapOf(int mean) {
    static const auto* maps = new std::array<at::Tensor, 2>{
        DynamicMap(/*is_signed=*/true), DynamicMap(/*is_signed=*/false)};
    return (*maps)[mean];
  }
  static at::Tensor MapOn(int mean, const at::Tensor& param) {
    return MapOf(mean).to(param.device());
  }
  static std::string Name(const char* field, int mean) {
    return absl::StrCat(field, mean + 1);
  }

  int num_means_;
  int64_t min_8bit_size_;
  std::vector<std::vector<State>> states_;  // by group and parameter
};

void EightBitOptimizer::Step() {
  at::NoGradGuard no_grad;
  for (const ParamGroup& group : param_groups()) {
    for (size_t i = 0; i < group.params.size(); ++i) {
      TORCH_CHECK(!group.params[i].grad().is_sparse(), "the gradient of ",
                  group.name(i), " is sparse, which ", type_name(),
                  " does not take; use SparseAdam");
    }
  }
  for (size_t g = 0; g < param_groups().size(); ++g) {
    const ParamGroup& group = param_groups()[g];
    for (size_t i = 0; i < group.params.size(); ++i) {
      const at::Tensor& param = group.params[i];
      if (!param.grad().defined()) continue;
      State& state = states_[g][i];
      ++state.step;
      const bool is_quantized = IsQuantized(param);
      std::array<at::Tensor, 2> means;
      for (int m = 0; m < num_means_; ++m) {
        Mean& mean = state.means[m];
        if (is_quantized && mean.quantized.codes.defined()) {
          means[m] = Dequantize(mean.quantized, MapOn(m, param));
        } else if (!is_quantized && mean.numbers.defined()) {
          means[m] = mean.numbers;
        } else {
          means[m] =
              at::zeros(param.sizes(), param.options().dtype(at::kFloat));
        }
      }
      const at::Tensor numbers =
          param.detach().to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
      Update(group, state.step, numbers, param.grad().to(at::kFloat), means);
      at::Tensor(param).copy_(numbers);
      for (int m = 0; m < num_means_; ++m) {
        if (is_quantized) {
          state.means[m].quantized =
              Quantize(means[m].contiguous(), MapOn(m, param));
        } else {
          state.means[m].numbers = means[m];
        }
      }
    }
  }
}

Dict EightBitOptimizer::ParamState(size_t group, size_t param) const {
  const State& state = states_[group][param];
  if (state.step == 0) return Dict();
  const at::Tensor& of = param_groups()[group].params[param];
  Dict dict{{"step", state.step}};
  for (int m = 0; m < num_means_; ++m) {
    const Mean& mean = state.means[m];
    dict[Name("state", m)] =
        IsQuantized(of) ? mean.quantized.codes : mean.numbers;
    if (IsQuantized(of)) dict[Name("qmap", m)] = MapOn(m, of);
  }
  for (int m = 0; m < num_means_ && IsQuantized(of); ++m) {
    dict[Name("absmax", m)] = state.means[m].quantized.absmax;
  }
  return dict;
}

absl::Status EightBitOptimizer::CheckParamState(size_t group, size_t index,
                                                const Dict& state) const {
  if (state.empty()) return absl::OkStatus();
  const at::Tensor& param = param_groups()[group].params[index];
  std::vector<std::string> names = {"step"};
  for (int m = 0; m < num_means_; ++m) {
    for (const char* field : {"state", "qmap", "absmax"}) {
      names.push_back(Name(field, m));
    }
  }
  RETURN_IF_ERROR(CheckStateNames(
      state, std::vector<absl::string_view>(names.begin(), names.end())));
  RETURN_IF_ERROR(CheckStateNumber(state, "step"));
  for (int m = 0; m < num_means_; ++m) {
    const std::string name = Name("state", m);
    RETURN_IF_ERROR(CheckStateTensor(state, name, param));
    const bool has_bytes =
        state.Find(name)->get_if<at::Tensor>()->scalar_type() == at::kByte;
    if (has_bytes != IsQuantized(param)) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, has_bytes ? " has 8 bits" : " has 32 bits",
          ", but by min_8bit_size = ", min_8bit_size_,
          " the other; set it as in the run that saved the state"));
    }
    if (!has_bytes) continue;
    const int64_t blocks =
        (param.numel() + kQuantizationBlock - 1) / kQuantizationBlock;
    RETURN_IF_ERROR(
        CheckStateTensor(state, Name("absmax", m), at::IntArrayRef{blocks}));
  }
  return absl::OkStatus();
}

void EightBitOptimizer::LoadParamState(size_t group, size_t index,
                                       const Dict& state) {
  const at::Tensor& param = param_groups()[group].params[index];
  State own;
  if (!state.empty()) {
    own.step = static_cast<int64_t>(StateNumber(state, "step"));
  }
  auto copy = [&](const std::string& name, at::ScalarType type) {
    return state.Find(name)->get_if<at::Tensor>()->to(
        param.options().dtype(type), /*non_blocking=*/false, /*copy=*/true);
  };
  for (int m = 0; m < num_means_ && own.step != 0; ++m) {
    if (IsQuantized(param)) {
      own.means[m].quantized = {copy(Name("state", m), at::kByte),
                                copy(Name("absmax", m), at::kFloat)};
    } else {
      own.means[m].numbers = copy(Name("state", m), at::kFloat);
    }
  }
  states_[group][index] = std::move(own);
}

// AdamW8bit and Adam8bit: both decay the weights themselves.
template <typename ConfigType>
class EightBitAdam : public EightBitOptimizer {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<EightBitAdam>> Create(
      Config config, std::vector<ParamGroup> groups) {
    if (config.amsgrad()) {
      return absl::InvalidArgumentError(
          "amsgrad is true, which no 8-bit optimizer has; use AdamW");
    }
    SetDefault({0.9, 0.999}, config.mutable_betas());
    std::unique_ptr<EightBitAdam> optimizer(new EightBitAdam(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override {
    return std::is_same_v<Config, AdamW8bitConfig> ? "AdamW8bit" : "Adam8bit";
  }
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
  explicit EightBitAdam(const Config& config)
      : EightBitOptimizer(Options(config), 2, config.min_8bit_size()) {}

  static Dict Options(const Config& config) {
    Dict options = OptionsOf(config, {"amsgrad", "min_8bit_size"});
    // They have the options of another class too.
    options["alpha"] = 0.0;
    options["t_alpha"] = Value();
    options["t_beta3"] = Value();
    return options;
  }
};

class Lion8bit : public EightBitOptimizer {
 public:
  using Config = Lion8bitConfig;

  static absl::StatusOr<std::unique_ptr<Lion8bit>> Create(
      Config config, std::vector<ParamGroup> groups) {
    SetDefault({0.9, 0.99}, config.mutable_betas());
    std::unique_ptr<Lion8bit> optimizer(new Lion8bit(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "Lion8bit"; }
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
  explicit Lion8bit(const Config& config)
      : EightBitOptimizer(
            Dict{{"lr", config.lr()},
                 {"betas", Value::List{config.betas(0), config.betas(1)}},
                 {"eps", 0.0},
                 {"weight_decay", config.weight_decay()}},
            1, config.min_8bit_size()) {}
};

class SGD8bit : public EightBitOptimizer {
 public:
  using Config = SGD8bitConfig;

  static absl::StatusOr<std::unique_ptr<SGD8bit>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    if (config.momentum() == 0 || config.nesterov()) {
      return absl::InvalidArgumentError(
          config.nesterov() ? "nesterov is true, which SGD8bit has not"
                            : "momentum is 0; SGD8bit needs one above 0");
    }
    std::unique_ptr<SGD8bit> optimizer(new SGD8bit(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "SGD8bit"; }
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
  explicit SGD8bit(const Config& config)
      : EightBitOptimizer(
            Dict{{"lr", config.lr()},
                 {"betas", Value::List{config.momentum(), config.dampening()}},
                 {"eps", 0.0},
                 {"weight_decay", config.weight_decay()}},
            1, config.min_8bit_size()) {}
};

using Adam8bit = EightBitAdam<Adam8bitConfig>;
using AdamW8bit = EightBitAdam<AdamW8bitConfig>;

ANNEAL_REGISTER(Optimizer, Adam8bit);
ANNEAL_REGISTER(Optimizer, AdamW8bit);
ANNEAL_REGISTER(Optimizer, Lion8bit);
ANNEAL_REGISTER(Optimizer, SGD8bit);

}  // namespace
}  // namespace anneal
