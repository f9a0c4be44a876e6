#include "optim/eight_bit_optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/options.h"
#include "optim/param_state.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Since 0.49 it hides its state from FSDP in a dict of this name.
constexpr char kWrapper[] = "__bnb_optimizer_quant_state__";

at::Tensor MapOn(int field, const at::Tensor& param) {
  static const auto* maps = new std::array<at::Tensor, 2>{
      DynamicMap(/*is_signed=*/true), DynamicMap(/*is_signed=*/false)};
  return (*maps)[field].to(param.device());
}

std::string Name(const char* name, int field) {
  return absl::StrCat(name, field + 1);
}

// A parameter's state without the wrapper.
Dict Unwrapped(const Dict& state) {
  const Value* wrapped = state.Find(kWrapper);
  const Dict* inner = wrapped ? wrapped->get_if<Dict>() : nullptr;
  if (inner == nullptr) return state;
  Dict result = state;
  result.Erase(std::string(kWrapper));
  for (const auto& [key, value] : *inner) result.Set(key, value);
  return result;
}

// The tensors as one where they are several.
at::Tensor Together(const std::vector<at::Tensor>& tensors) {
  return tensors.size() == 1 ? tensors[0] : at::stack(tensors);
}

}  // namespace

EightBitOptimizer::EightBitOptimizer(Dict defaults,
                                     const EightBitLayout& layout)
    : Optimizer(std::move(defaults)), layout_(layout) {}

absl::Status EightBitOptimizer::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "eps", "weight_decay"}));
  if (!(layout_.max_unorm >= 0 && std::isfinite(layout_.max_unorm))) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_unorm is ", layout_.max_unorm,
                     "; it must be finite and not negative"));
  }
  return CheckBetas(options);
}

double EightBitOptimizer::Bound(const EightBitStep& step,
                                const at::Tensor& param,
                                const at::Tensor& update) const {
  if (step.is_quantized || layout_.max_unorm == 0) return 1;
  const double longest = layout_.max_unorm * param.norm().item<double>();
  const double length = update.norm().item<double>();
  return length > longest ? longest / length : 1;
}

absl::Status EightBitOptimizer::ValidateGroup(const ParamGroup& group) const {
  for (size_t i = 0; i < group.params.size(); ++i) {
    if (group.params[i].scalar_type() != at::kDouble) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        group.name(i), " is in float64, and ", type_name(),
        " computes in float32; keep it in float32, or use torch's optimizer"));
  }
  return absl::OkStatus();
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
      if (group.params[i].grad().defined()) {
        StepParam(group, group.params[i], &states_[g][i]);
      }
    }
  }
}

void EightBitOptimizer::StepParam(const ParamGroup& group,
                                  const at::Tensor& param, State* state) const {
  ++state->step;
  state->means.resize(num_means());
  const bool is_quantized = IsQuantized(param);
  EightBitStep step{group, state->step, is_quantized, {}, {}, {}, {}};
  // A copy: the parameter may have fewer bits.
  step.param =
      param.detach().to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  step.grad = param.grad().to(at::kFloat);
  auto mean_of = [&](int m) -> at::Tensor& {
    return FieldOf(m) == 0 ? step.means[m] : step.square;
  };
  for (int m = 0; m < num_means(); ++m) {
    const Mean& mean = state->means[m];
    if (is_quantized && mean.quantized.codes.defined()) {
      mean_of(m) = Dequantize(mean.quantized, MapOn(FieldOf(m), param));
    } else if (!is_quantized && mean.numbers.defined()) {
      mean_of(m) = mean.numbers;
    } else {
      mean_of(m) = at::zeros(param.sizes(), step.param.options());
    }
  }
  Update(step);
  at::Tensor(param).copy_(step.param);
  for (int m = 0; m < num_means(); ++m) {
    if (is_quantized) {
      state->means[m].quantized =
          Quantize(mean_of(m).contiguous(), MapOn(FieldOf(m), param));
    } else {
      state->means[m].numbers = mean_of(m);
    }
  }
}

Dict EightBitOptimizer::ParamState(size_t group, size_t index) const {
  const State& state = states_[group][index];
  if (state.step == 0) return Dict();
  const at::Tensor& param = param_groups()[group].params[index];
  const bool is_quantized = IsQuantized(param);
  std::array<std::vector<at::Tensor>, 2> numbers;
  std::array<std::vector<at::Tensor>, 2> absmax;
  for (int m = 0; m < num_means(); ++m) {
    const Mean& mean = state.means[m];
    numbers[FieldOf(m)].push_back(is_quantized ? mean.quantized.codes
                                               : mean.numbers);
    absmax[FieldOf(m)].push_back(mean.quantized.absmax);
  }
  Dict dict{{"step", state.step}};
  for (int f = 0; f < num_fields(); ++f) {
    dict[Name("state", f)] = Together(numbers[f]);
    if (!is_quantized) continue;
    dict[Name("qmap", f)] = MapOn(f, param);
    dict[Name("absmax", f)] = Together(absmax[f]);
  }
  // Where theirs puts a norm in passing.
  if (layout_.max_unorm > 0) {
    dict["unorm_vec"] = at::zeros({1}, param.options().dtype(at::kFloat));
  }
  return dict;
}

absl::Status EightBitOptimizer::CheckParamState(size_t group, size_t index,
                                                const Dict& wrapped) const {
  const Dict state = Unwrapped(wrapped);
  if (state.empty()) return absl::OkStatus();
  const at::Tensor& param = param_groups()[group].params[index];
  std::vector<std::string> names = {"step", "unorm_vec"};
  for (int f = 0; f < num_fields(); ++f) {
    for (const char* name : {"state", "qmap", "absmax"}) {
      names.push_back(Name(name, f));
    }
  }
  RETURN_IF_ERROR(CheckStateNames(
      state, std::vector<absl::string_view>(names.begin(), names.end())));
  RETURN_IF_ERROR(CheckStateCount(state, "step"));
  for (int f = 0; f < num_fields(); ++f) {
    const std::string name = Name("state", f);
    std::vector<int64_t> shape = param.sizes().vec();
    std::vector<int64_t> blocks = {(param.numel() + kQuantizationBlock - 1) /
                                   kQuantizationBlock};
    if (f == 0 && layout_.num_means == 2) {
      shape.insert(shape.begin(), 2);
      blocks.insert(blocks.begin(), 2);
    }
    RETURN_IF_ERROR(CheckStateTensor(state, name, shape));
    const bool has_bytes =
        state.Find(name)->get_if<at::Tensor>()->scalar_type() == at::kByte;
    if (has_bytes != IsQuantized(param)) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, has_bytes ? " has 8 bits" : " has 32 bits",
          ", but by optim_bits and min_8bit_size the other; set them as in the "
          "run that saved the state"));
    }
    if (!has_bytes) continue;
    RETURN_IF_ERROR(CheckStateTensor(state, Name("absmax", f), blocks));
  }
  return absl::OkStatus();
}

void EightBitOptimizer::LoadParamState(size_t group, size_t index,
                                       const Dict& wrapped) {
  const Dict state = Unwrapped(wrapped);
  const at::Tensor& param = param_groups()[group].params[index];
  State own;
  if (!state.empty()) {
    own.step = static_cast<int64_t>(StateNumber(state, "step"));
    own.means.resize(num_means());
  }
  // A copy of a mean's part of a field.
  auto part = [&](const char* name, int mean, at::ScalarType type) {
    const int field = FieldOf(mean);
    at::Tensor whole = *state.Find(Name(name, field))->get_if<at::Tensor>();
    const bool is_shared = field == 0 && layout_.num_means == 2;
    return (is_shared ? whole[mean] : whole)
        .to(param.options().dtype(type), /*non_blocking=*/false, /*copy=*/true);
  };
  for (size_t m = 0; m < own.means.size(); ++m) {
    if (IsQuantized(param)) {
      own.means[m].quantized = {part("state", m, at::kByte),
                                part("absmax", m, at::kFloat)};
    } else {
      own.means[m].numbers = part("state", m, at::kFloat);
    }
  }
  states_[group][index] = std::move(own);
}

}  // namespace anneal
