#include "optim/sgd.h"

#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/elementwise.h"
#include "optim/fused_kernels.h"
#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Options {
  double lr;
  double momentum;
  double dampening;
  double penalty;
  double last_penalty;
  bool nesterov;
};

struct PlainRule {
  Options options;

  template <typename V>
  void operator()(V& param, const V& grad) const {
    const V g = options.penalty == 0 ? grad : grad + param * options.penalty;
    param = param - g * options.lr;
  }
};

struct MomentumRule {
  Options options;
  bool is_first;

  template <typename V>
  void operator()(V& param, const V& grad, V& buffer) const {
    const V g = options.penalty == 0 ? grad : grad + param * options.penalty;
    buffer =
        is_first ? g : buffer * options.momentum + g * (1 - options.dampening);
    V step = options.nesterov ? g + buffer * options.momentum : buffer;
    if (options.last_penalty != 0) step = step + param * options.last_penalty;
    param = param - step * options.lr;
  }
};

// Steps the parameters with sparse gradients and takes them out of `params`;
// with momentum, where every row moves, it makes the gradients dense.
void TakeSparse(const Options& options, double factor,
                std::vector<ParamStep>* params, std::deque<at::Tensor>* dense) {
  auto is_done = [&](ParamStep& step) {
    if (!step.grad->is_sparse()) return false;
    if (options.momentum != 0) {
      step.grad = &dense->emplace_back(
          at::empty_like(step.param->detach()).copy_(step.grad->to_dense()));
      return false;
    }
    at::Tensor(*step.param).add_(*step.grad, -options.lr * factor);
    return true;
  };
  params->erase(std::remove_if(params->begin(), params->end(), is_done),
                params->end());
}

}  // namespace

absl::StatusOr<std::unique_ptr<SGD>> SGD::Create(
    Config config, std::vector<ParamGroup> groups) {
  std::unique_ptr<SGD> optimizer(new SGD(OptionsOf(config)));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
  return optimizer;
}

SGD::SGD(Dict defaults, bool penalizes_last)
    : PerParamOptimizer(std::move(defaults),
                        {{"momentum_buffer", StateField::kTensor, nullptr,
                          [](const ParamGroup& group) {
                            return group.real("momentum") != 0;
                          }}},
                        Gradients::kBoth),
      penalizes_last_(penalizes_last) {}

absl::Status SGD::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(
      CheckNotNegative(options, {"lr", "momentum", "weight_decay"}));
  RETURN_IF_ERROR(CheckFinite(options, "dampening"));
  ASSIGN_OR_RETURN(const bool nesterov,
                   options.Find("nesterov")->AsBool("nesterov"));
  ASSIGN_OR_RETURN(const double momentum,
                   options.Find("momentum")->AsReal("momentum"));
  ASSIGN_OR_RETURN(const double dampening,
                   options.Find("dampening")->AsReal("dampening"));
  if (nesterov && (momentum <= 0 || dampening != 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("nesterov needs momentum above 0 and dampening 0, got ",
                     momentum, " and ", dampening));
  }
  return absl::OkStatus();
}

void SGD::StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                    double grad_factor) {
  const bool maximize =
      group.options.Find("maximize") && group.flag("maximize");
  const double factor = maximize ? -grad_factor : grad_factor;
  const double momentum = group.real("momentum");
  // Without momentum there is nothing to be past.
  const bool is_last = penalizes_last_ && momentum != 0;
  const double decay = group.real("weight_decay");
  const Options options{group.real("lr"),        momentum,
                        group.real("dampening"), is_last ? 0 : decay,
                        is_last ? decay : 0,     group.flag("nesterov")};
  std::deque<at::Tensor> dense;
  TakeSparse(options, factor, &params, &dense);
  if (!is_last) StepFusedSGD(group, TakeFused(&params), grad_factor);
  if (options.momentum == 0) {
    UpdateElementwise(params, std::array<int, 0>{}, factor,
                      [&](const ParamStep&) { return PlainRule{options}; });
    return;
  }
  UpdateElementwise(params, std::array<int, 1>{0}, factor,
                    [&](const ParamStep& step) {
                      return MomentumRule{options, step.is_first};
                    });
}

ANNEAL_REGISTER(Optimizer, SGD);

}  // namespace anneal
