#include "optim/lbfgs.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/options.h"
#include "optim/param_state.h"
#include "optim/strong_wolfe.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kWolfe[] = "strong_wolfe";

double Largest(const at::Tensor& tensor) {
  return tensor.abs().max().item<double>();
}

absl::Status CheckAtLeastOne(const Dict& options, absl::string_view name) {
  ASSIGN_OR_RETURN(const int64_t number, options.Find(name)->AsInt(name));
  if (number >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", number, "; it must be at least 1"));
}

Dict Defaults(const LBFGSConfig& config) {
  Dict options = OptionsOf(config);
  if (!config.has_max_eval()) options["max_eval"] = config.max_iter() * 5 / 4;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LBFGS>> LBFGS::Create(
    const Config& config, std::vector<ParamGroup> groups) {
  std::unique_ptr<LBFGS> lbfgs(new LBFGS(config));
  RETURN_IF_ERROR(lbfgs->AddParamGroups(std::move(groups)));
  return lbfgs;
}

LBFGS::LBFGS(const Config& config) : Optimizer(Defaults(config)) {}

absl::Status LBFGS::ValidateOptions(const Dict& options) const {
  RETURN_IF_ERROR(
      CheckNotNegative(options, {"lr", "tolerance_grad", "tolerance_change"}));
  for (const char* name : {"max_iter", "max_eval", "history_size"}) {
    RETURN_IF_ERROR(CheckAtLeastOne(options, name));
  }
  const Value& search = *options.Find("line_search_fn");
  if (search.is_none()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string name, search.AsString("line_search_fn"));
  if (name == kWolfe) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "line_search_fn is ", name, "; it must be ", kWolfe, " or unset"));
}

absl::Status LBFGS::ValidateGroup(const ParamGroup&) const {
  if (param_groups().empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "LBFGS takes one group of parameters; leave out paramwise_cfg");
}

int64_t LBFGS::integer(absl::string_view option) const {
  return static_cast<int64_t>(param_groups()[0].real(option));
}

void LBFGS::Step() {
  TORCH_CHECK(false,
              "LBFGS evaluates the loss several times a step: call "
              "Step(closure), or take another optimizer with a wrapper");
}

at::Tensor LBFGS::FlatGradient() const {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& param : params()) {
    const at::Tensor& grad = param.grad();
    if (!grad.defined()) {
      parts.push_back(at::zeros({param.numel()}, param.options()));
    } else {
      parts.push_back((grad.is_sparse() ? grad.to_dense() : grad).reshape(-1));
    }
  }
  return at::cat(parts);
}

void LBFGS::Move(const at::Tensor& direction, double t) {
  int64_t begin = 0;
  for (const at::Tensor& param : params()) {
    const at::Tensor part = direction.narrow(0, begin, param.numel());
    at::Tensor(param).add_(part.view(param.sizes()), t);
    begin += param.numel();
  }
}

double LBFGS::Evaluate(const Closure& closure) {
  at::AutoGradMode enable_grad(true);
  return closure().item<double>();
}

// Adds the last step to the history.
void LBFGS::Remember(const at::Tensor& gradient) {
  const at::Tensor change = gradient - previous_gradient_;
  const at::Tensor step = direction_ * t_;
  const at::Tensor product = change.dot(step);
  if (product.item<double>() <= 1e-10) return;
  if (static_cast<int64_t>(history_.size()) == integer("history_size")) {
    history_.pop_front();
  }
  history_.push_back({step, change, product.reciprocal()});
  scale_ = product / change.dot(change);
}

// The approximate inverse Hessian times minus the gradient, in two loops over
// the history.
at::Tensor LBFGS::Direction(const at::Tensor& gradient) const {
  at::Tensor result = gradient.neg();
  std::vector<at::Tensor> alphas(history_.size());
  for (size_t i = history_.size(); i-- > 0;) {
    alphas[i] = history_[i].step.dot(result) * history_[i].rho;
    result.sub_(history_[i].change * alphas[i]);
  }
  result.mul_(scale_);
  for (size_t i = 0; i < history_.size(); ++i) {
    const at::Tensor beta = history_[i].change.dot(result) * history_[i].rho;
    result.add_(history_[i].step * (alphas[i] - beta));
  }
  return result;
}

at::Tensor LBFGS::Step(const Closure& closure) {
  TORCH_CHECK(param_groups().size() == 1,
              "LBFGS takes one group of parameters; one was added");
  at::NoGradGuard no_grad;
  const ParamGroup& group = param_groups()[0];
  const double lr = group.real("lr");
  const double tolerance_change = group.real("tolerance_change");
  const int64_t max_iter = integer("max_iter");
  const int64_t max_eval = integer("max_eval");
  const bool searches = !group.options.Find("line_search_fn")->is_none();
  at::Tensor first_loss;
  double loss = Evaluate([&] { return first_loss = closure(); });
  int64_t evaluations = 1;
  ++func_evals_;
  at::Tensor gradient = FlatGradient();
  auto is_optimal = [&] {
    return Largest(gradient) <= group.real("tolerance_grad");
  };
  if (is_optimal()) return first_loss;

  for (int64_t iteration = 1; iteration <= max_iter; ++iteration) {
    ++n_iter_;
    if (n_iter_ == 1) {
      direction_ = gradient.neg();
      scale_ = at::ones({}, gradient.options());
      t_ = std::min(1.0, 1 / gradient.abs().sum().item<double>()) * lr;
    } else {
      Remember(gradient);
      direction_ = Direction(gradient);
      t_ = lr;
    }
    previous_gradient_ = gradient.clone();
    previous_loss_ = loss;
    const double slope = gradient.dot(direction_).item<double>();
    if (slope > -tolerance_change) break;

    const int64_t before = evaluations;
    if (searches) {
      std::vector<at::Tensor> origin;
      for (const at::Tensor& param : params()) origin.push_back(param.clone());
      auto evaluate = [&](double t) {
        Move(direction_, t);
        LinePoint point;
        point.t = t;
        point.loss = Evaluate(closure);
        point.gradient = FlatGradient();
        point.slope = point.gradient.dot(direction_).item<double>();
        for (size_t i = 0; i < origin.size(); ++i) {
          at::Tensor(params()[i]).copy_(origin[i]);
        }
        return point;
      };
      const LinePoint found = StrongWolfe(evaluate, {0, loss, slope, gradient},
                                          t_, Largest(direction_),
                                          max_eval - evaluations, &evaluations);
      loss = found.loss;
      gradient = found.gradient;
      t_ = found.t;
      Move(direction_, t_);
    } else {
      Move(direction_, t_);
      // The last point is evaluated by the next step.
      if (iteration != max_iter) {
        loss = Evaluate(closure);
        gradient = FlatGradient();
        ++evaluations;
      }
    }
    func_evals_ += evaluations - before;
    if (iteration == max_iter || evaluations >= max_eval || is_optimal() ||
        Largest(direction_ * t_) <= tolerance_change ||
        std::abs(loss - previous_loss_) < tolerance_change) {
      break;
    }
  }
  return first_loss;
}

Dict LBFGS::ParamState(size_t, size_t param) const {
  if (param != 0 || func_evals_ == 0) return Dict();
  Dict state{{"func_evals", func_evals_}, {"n_iter", n_iter_}};
  if (!direction_.defined()) return state;
  Value::List steps;
  Value::List changes;
  Value::List rhos;
  for (const Pair& pair : history_) {
    steps.push_back(pair.step);
    changes.push_back(pair.change);
    rhos.push_back(pair.rho);
  }
  state["d"] = direction_;
  state["t"] = t_;
  // By torch's names, directions are the gradient's changes.
  state["old_dirs"] = std::move(changes);
  state["old_stps"] = std::move(steps);
  state["ro"] = std::move(rhos);
  state["H_diag"] = scale_;
  state["prev_flat_grad"] = previous_gradient_;
  state["prev_loss"] = previous_loss_;
  return state;
}

absl::Status LBFGS::CheckParamState(size_t, size_t param,
                                    const Dict& state) const {
  if (state.empty()) return absl::OkStatus();
  if (param != 0) {
    return absl::InvalidArgumentError(
        "only the first parameter has state in LBFGS; the state is of another "
        "optimizer");
  }
  RETURN_IF_ERROR(CheckStateNames(
      state, {"func_evals", "n_iter", "d", "t", "old_dirs", "old_stps", "ro",
              "H_diag", "prev_flat_grad", "prev_loss", "al"}));
  RETURN_IF_ERROR(CheckStateCount(state, "func_evals"));
  RETURN_IF_ERROR(CheckStateCount(state, "n_iter"));
  const Value* direction = state.Find("d");
  if (direction == nullptr || direction->is_none()) return absl::OkStatus();
  int64_t size = 0;
  for (const at::Tensor& one : params()) size += one.numel();
  for (const char* name : {"d", "prev_flat_grad"}) {
    RETURN_IF_ERROR(CheckStateTensor(state, name, at::IntArrayRef{size}));
  }
  for (const char* name : {"t", "prev_loss", "H_diag"}) {
    RETURN_IF_ERROR(CheckStateNumber(state, name));
  }
  size_t length = 0;
  for (const char* name : {"old_dirs", "old_stps", "ro"}) {
    ASSIGN_OR_RETURN(const Value* value, Require(state, name, "state"));
    ASSIGN_OR_RETURN(const Value::List* list, value->AsList(name));
    if (absl::string_view(name) == "old_dirs") length = list->size();
    if (list->size() != length) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, " has ", list->size(), " entries, old_dirs ", length));
    }
    const int64_t numel = absl::string_view(name) == "ro" ? 1 : size;
    for (const Value& one : *list) {
      ASSIGN_OR_RETURN(const at::Tensor tensor, one.AsTensor(name));
      if (tensor.numel() == numel) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(name, " has one of ", tensor.numel(),
                       " numbers, the parameters have ", size,
                       "; the state is of another model"));
    }
  }
  return absl::OkStatus();
}

void LBFGS::LoadParamState(size_t, size_t param, const Dict& state) {
  if (param != 0) return;
  func_evals_ = n_iter_ = 0;
  direction_.reset();
  history_.clear();
  if (state.empty()) return;
  func_evals_ = static_cast<int64_t>(StateNumber(state, "func_evals"));
  n_iter_ = static_cast<int64_t>(StateNumber(state, "n_iter"));
  const Value* direction = state.Find("d");
  if (direction == nullptr || direction->is_none()) return;
  const at::TensorOptions options = params()[0].options();
  auto copy = [&](const Value& value) {
    return value.get_if<at::Tensor>()->to(options, /*non_blocking=*/false,
                                          /*copy=*/true);
  };
  direction_ = copy(*direction);
  previous_gradient_ = copy(*state.Find("prev_flat_grad"));
  t_ = StateNumber(state, "t");
  previous_loss_ = StateNumber(state, "prev_loss");
  scale_ = at::full({}, StateNumber(state, "H_diag"), options);
  const Value::List& steps = *state.Find("old_stps")->get_if<Value::List>();
  const Value::List& changes = *state.Find("old_dirs")->get_if<Value::List>();
  const Value::List& rhos = *state.Find("ro")->get_if<Value::List>();
  for (size_t i = 0; i < steps.size(); ++i) {
    history_.push_back({copy(steps[i]), copy(changes[i]), copy(rhos[i])});
  }
}

ANNEAL_REGISTER(Optimizer, LBFGS);

}  // namespace anneal
