#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/sparse_coo_tensor.h>

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/options.h"
#include "optim/per_param_optimizer.h"
#include "optim/sparse_adam.pb.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// torch.optim.SparseAdam: Adam on the rows that a sparse gradient has, moments
// too; the rest stays as it is. For embeddings with sparse gradients.
class SparseAdam : public PerParamOptimizer {
 public:
  using Config = SparseAdamConfig;

  static absl::StatusOr<std::unique_ptr<SparseAdam>> Create(
      Config config, std::vector<ParamGroup> groups) {
    SetDefault({0.9, 0.999}, config.mutable_betas());
    std::unique_ptr<SparseAdam> optimizer(new SparseAdam(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "SparseAdam"; }
  absl::Status ValidateOptions(const Dict& options) const override {
    // A schedule may end at 0.
    RETURN_IF_ERROR(CheckNotNegative(options, "lr"));
    RETURN_IF_ERROR(CheckPositive(options, "eps"));
    return CheckBetas(options);
  }
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit SparseAdam(const Config& config)
      : PerParamOptimizer(OptionsOf(config),
                          {{"step", StateField::kIntegerStep},
                           {"exp_avg", StateField::kTensor},
                           {"exp_avg_sq", StateField::kTensor}},
                          Gradients::kSparse) {}
};

void SparseAdam::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                           double grad_factor) {
  const double beta1 = group.beta(0);
  const double beta2 = group.beta(1);
  const double factor = group.flag("maximize") ? -grad_factor : grad_factor;
  for (ParamStep& step : params) {
    at::Tensor& mean = step.state->tensors[0];
    at::Tensor& square = step.state->tensors[1];
    // One entry for each row: the update is not linear.
    const at::Tensor grad = step.grad->coalesce();
    if (grad.values().numel() == 0) continue;
    const at::Tensor values = grad.values().to(mean.scalar_type()) * factor;
    auto sparse = [&](const at::Tensor& of) {
      return at::sparse_coo_tensor(grad.indices(), of, grad.sizes());
    };
    const at::Tensor old_mean = mean.sparse_mask(grad).values();
    const at::Tensor mean_change = (values - old_mean) * (1 - beta1);
    mean.add_(sparse(mean_change));
    const at::Tensor old_square = square.sparse_mask(grad).values();
    const at::Tensor square_change =
        (values * values - old_square) * (1 - beta2);
    square.add_(sparse(square_change));
    const double t = step.state->step;
    const double rate = group.real("lr") * std::sqrt(1 - std::pow(beta2, t)) /
                        (1 - std::pow(beta1, t));
    const at::Tensor root = (square_change + old_square).sqrt_();
    const at::Tensor change =
        (mean_change + old_mean) / root.add_(group.real("eps"));
    at::Tensor(*step.param)
        .add_(sparse(change.to(step.param->scalar_type())), -rate);
  }
}

ANNEAL_REGISTER(Optimizer, SparseAdam);

}  // namespace
}  // namespace anneal
