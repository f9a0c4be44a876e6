#include "optim/adagrad.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sparse_coo_tensor.h>

#include <algorithm>
#include <array>
#include <utility>

#include "optim/elementwise.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Rule {
  double penalty;
  double eps;
  double rate;

  template <typename V>
  void operator()(V& param, const V& grad, V& sum) const {
    const V g = penalty == 0 ? grad : grad + param * penalty;
    sum = sum + g * g;
    param = param - g / (Sqrt(sum) + eps) * rate;
  }
};

// The rule on the rows that a sparse gradient has.
void StepSparse(const Rule& rule, const ParamStep& step, double factor) {
  const at::Tensor grad = step.grad->coalesce();
  const at::Tensor values =
      grad.values().to(step.state->tensors[0].dtype()) * factor;
  at::Tensor& sum = step.state->tensors[0];
  auto sparse = [&](const at::Tensor& of) {
    return at::sparse_coo_tensor(grad.indices(), of, grad.sizes());
  };
  sum.add_(sparse(values * values));
  const at::Tensor root = sum.sparse_mask(grad).values().sqrt_();
  const at::Tensor change = values / root.add_(rule.eps);
  at::Tensor param = *step.param;
  param.add_(sparse(change.to(param.dtype())), -rule.rate);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Adagrad>> Adagrad::Create(
    Config config, std::vector<ParamGroup> groups) {
  std::unique_ptr<Adagrad> optimizer(new Adagrad(config));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

Adagrad::Adagrad(const Config& config)
    : PerParamOptimizer(OptionsOf(config),
                        {{"step", StateField::kStep},
                         {"sum", StateField::kTensor,
                          [](const ParamGroup& group) {
                            return group.real("initial_accumulator_value");
                          }}},
                        Gradients::kBoth) {}

absl::Status Adagrad::ValidateOptions(const Dict& options) const {
  return CheckNotNegative(options, {"lr", "lr_decay", "weight_decay",
                                    "initial_accumulator_value", "eps"});
}

void Adagrad::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                        double grad_factor) {
  const double factor = group.flag("maximize") ? -grad_factor : grad_factor;
  auto make_rule = [&](const ParamStep& step) {
    return Rule{group.real("weight_decay"), group.real("eps"),
                group.real("lr") /
                    (1 + (step.state->step - 1) * group.real("lr_decay"))};
  };
  const auto sparse =
      std::stable_partition(params.begin(), params.end(),
                            [](auto& step) { return !step.grad->is_sparse(); });
  for (auto it = sparse; it != params.end(); ++it) {
    StepSparse(make_rule(*it), *it, factor);
  }
  params.erase(sparse, params.end());
  UpdateElementwise(params, std::array<int, 1>{0}, factor, make_rule);
}

ANNEAL_REGISTER(Optimizer, Adagrad);

}  // namespace anneal
