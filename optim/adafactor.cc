#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "optim/adafactor.pb.h"
#include "optim/options.h"
#include "optim/per_param_optimizer.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using Shape = absl::optional<std::vector<int64_t>>;

// The shape of a matrix's means over one of its last two dimensions.
Shape MeansOver(const at::Tensor& param, int64_t dim) {
  if (param.dim() < 2) return absl::nullopt;
  std::vector<int64_t> shape = param.sizes().vec();
  shape[param.dim() + dim] = 1;
  return shape;
}

double EpsilonOf(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return std::numeric_limits<double>::epsilon();
    case at::kFloat:
      return std::numeric_limits<float>::epsilon();
    case at::kHalf:
      return 1.0 / 1024;
    default:
      return 1.0 / 128;
  }
}

double RootMeanSquare(const at::Tensor& tensor) {
  return tensor.norm().item<double>() / std::sqrt(tensor.numel());
}

// torch.optim.Adafactor (Shazeer, Stern: Adafactor: Adaptive Learning Rates
// with Sublinear Memory Cost, 2018): Adam without a mean of the gradient, with
// the mean squares of matrices kept as means of rows and of columns, and steps
// relative to the parameter's size. Several passes over each tensor.
class Adafactor : public PerParamOptimizer {
 public:
  using Config = AdafactorConfig;

  static absl::StatusOr<std::unique_ptr<Adafactor>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    Dict defaults = OptionsOf(config);
    if (config.eps().empty()) defaults["eps"] = Value::List{Value(), 1e-3};
    std::unique_ptr<Adafactor> optimizer(new Adafactor(std::move(defaults)));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "Adafactor"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Adafactor(Dict defaults)
      : PerParamOptimizer(
            std::move(defaults),
            {{"step", StateField::kStep},
             {"row_var", StateField::kTensor, nullptr, nullptr,
              [](const at::Tensor& p) { return MeansOver(p, -1); }},
             {"col_var", StateField::kTensor, nullptr, nullptr,
              [](const at::Tensor& p) { return MeansOver(p, -2); }},
             {"variance", StateField::kTensor, nullptr, nullptr,
              [](const at::Tensor& p) {
                return p.dim() < 2 ? Shape(p.sizes().vec()) : absl::nullopt;
              }}}) {}
};

absl::Status Adafactor::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(CheckNotNegative(options, {"lr", "weight_decay"}));
  const double decay = *options.Find("beta2_decay")->AsReal("beta2_decay");
  if (!(decay <= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("beta2_decay is ", decay, "; it must be at most 0"));
  }
  const double d = *options.Find("d")->AsReal("d");
  if (!(d >= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("d is ", d, "; it must be at least 1"));
  }
  const Value::List& eps = *options.Find("eps")->get_if<Value::List>();
  if (eps.size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("eps has ", eps.size(), " numbers; it must have 2"));
  }
  for (const Value& one : eps) {
    // The first may be None: that of the dtype.
    if (one.is_none() && &one == &eps.front()) continue;
    ASSIGN_OR_RETURN(const double real, one.AsReal("eps"));
    if (real >= 0 && std::isfinite(real)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "eps has ", real, "; each must be finite and not negative"));
  }
  return absl::OkStatus();
}

void Adafactor::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                          double grad_factor) {
  enum { kRow, kCol, kVariance };
  const double lr = group.real("lr");
  const double decay = group.real("weight_decay");
  const double factor = group.flag("maximize") ? -grad_factor : grad_factor;
  const Value& eps = (*group.options.Find("eps")->get_if<Value::List>())[0];
  for (ParamStep& step : params) {
    auto& state = step.state->tensors;
    const double t = step.state->step;
    const double eps1 =
        eps.is_none() ? EpsilonOf(step.param->scalar_type()) : *eps.AsReal("");
    const at::ScalarType type =
        (step.param->dim() > 1 ? state[kRow] : state[kVariance]).scalar_type();
    const at::Tensor param = step.param->detach().to(type);
    at::Tensor grad = step.grad->to(type);
    if (factor != 1) grad = grad.mul(factor);
    const double weight = std::pow(t, group.real("beta2_decay"));
    const double rate = std::max(group.item("eps", 1), RootMeanSquare(param)) *
                        std::min(lr, 1 / std::sqrt(t));
    if (decay != 0) param.mul_(1 - lr * decay);
    at::Tensor variance;
    if (grad.dim() > 1) {
      state[kRow].lerp_(
          grad.norm(2, -1, /*keepdim=*/true).square_().div_(grad.size(-1)),
          weight);
      state[kCol].lerp_(
          grad.norm(2, -2, /*keepdim=*/true).square_().div_(grad.size(-2)),
          weight);
      variance = state[kRow]
                     .matmul(state[kCol])
                     .div_(state[kRow].mean(-2, /*keepdim=*/true).clamp_(eps1));
    } else {
      state[kVariance].lerp_(grad.mul(grad), weight);
      variance = state[kVariance].clone();
    }
    const at::Tensor update = variance.clamp_(eps1 * eps1).rsqrt_().mul_(grad);
    const double excess = RootMeanSquare(update) / group.real("d");
    param.add_(update, -rate / std::max(1.0, excess));
    if (!param.is_alias_of(*step.param)) at::Tensor(*step.param).copy_(param);
  }
}

ANNEAL_REGISTER(Optimizer, Adafactor);

}  // namespace
}  // namespace anneal
