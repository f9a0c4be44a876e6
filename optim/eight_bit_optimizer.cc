#include "optim/eight_bit_optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/options.h"
#include "optim/param_state.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

const at::Tensor& MapOf(int mean) {
  static const auto* maps = new std::array<at::Tensor, 2>{
      DynamicMap(/*is_signed=*/true), DynamicMap(/*is_signed=*/false)};
  return (*maps)[mean];
}

at::Tensor MapOn(int mean, const at::Tensor& param) {
  return MapOf(mean).to(param.device());
}

std::string Name(const char* field, int mean) {
  return absl::StrCat(field, mean + 1);
}

}  // namespace

EightBitOptimizer::EightBitOptimizer(Dict defaults, int num_means,
                                     int64_t min_8bit_size)
    : Optimizer(std::move(defaults)),
      num_means_(num_means),
      min_8bit_size_(min_8bit_size) {}

absl::Status EightBitOptimizer::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
  return CheckBetas(options);
}

void EightBitOptimizer::ParamsAdded() {
  states_.emplace_back(param_groups().back().params.size());
}

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
          ", but by optim_bits and min_8bit_size the other; set them as in the "
          "run that saved the state"));
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

}  // namespace anneal
