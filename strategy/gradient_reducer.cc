#include "strategy/gradient_reducer.h"

#include <c10/util/Exception.h>
#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logging/log.h"
#include "strategy/comm_hooks.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

using torch::autograd::Node;
using GroupPtr = c10::intrusive_ptr<c10d::ProcessGroup>;

constexpr int64_t kMiB = int64_t{1} << 20;

// The buckets until those of the first backward's order are known. As torch
// does: all in one where an order will be known, else the last parameters
// first.
std::vector<std::vector<size_t>> FirstBuckets(
    const std::vector<at::Tensor>& params,
    const std::vector<bool>& has_sparse_grad, bool is_order_found,
    int64_t first_bytes, int64_t bytes) {
  std::vector<size_t> limits = {static_cast<size_t>(first_bytes),
                                static_cast<size_t>(bytes)};
  if (is_order_found) limits = {std::numeric_limits<int64_t>::max()};
  auto buckets = std::get<0>(
      c10d::compute_bucket_assignment_by_size(params, limits, has_sparse_grad));
  std::reverse(buckets.begin(), buckets.end());
  return buckets;
}

}  // namespace

absl::Status GradientReducer::CheckConfig(const ModelWrapperConfig& config) {
  if (!(config.bucket_cap_mb() > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("model_wrapper.bucket_cap_mb is ", config.bucket_cap_mb(),
                     "; it must be above 0"));
  }
  const std::vector<std::string>& hooks = CommHookNames();
  if (config.has_comm_hook() && std::find(hooks.begin(), hooks.end(),
                                          config.comm_hook()) == hooks.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("model_wrapper.comm_hook is \"", config.comm_hook(),
                     "\"; it must be one of ", absl::StrJoin(hooks, ", ")));
  }
  return absl::OkStatus();
}

GradientReducer::GradientReducer(const ModelWrapperConfig& config,
                                 std::vector<Param> params,
                                 c10d::ProcessGroup* group)
    : config_(config), params_(std::move(params)) {
  std::vector<at::Tensor> tensors;
  std::vector<bool> has_sparse_grad;
  std::unordered_map<size_t, std::string> names;
  for (const Param& param : params_) {
    names[tensors.size()] = param.name;
    tensors.push_back(param.tensor);
    has_sparse_grad.push_back(param.has_sparse_grad);
  }
  const auto bytes = static_cast<int64_t>(config.bucket_cap_mb() * kMiB);
  const int64_t first_bytes = config.has_bucket_cap_mb() ? bytes : kMiB;
  const bool is_order_found =
      config.static_graph() || !config.find_unused_parameters();
  auto buckets = FirstBuckets(tensors, has_sparse_grad, is_order_found,
                              first_bytes, bytes);
  const auto shared_group = GroupPtr::reclaim_copy(group);
  reducer_ = std::make_unique<c10d::Reducer>(
      std::move(tensors), std::move(buckets), shared_group,
      std::move(has_sparse_grad), bytes, config.find_unused_parameters(),
      config.gradient_as_bucket_view(), std::move(names), first_bytes,
      /*skip_all_reduce_unused_params=*/false,
      /*use_python_reducer=*/false,
      /*bucket_bytes_cap_list=*/std::vector<int64_t>());
  if (config.static_graph()) reducer_->set_static_graph();
  if (config.has_comm_hook()) {
    RegisterCommHook(config.comm_hook(), shared_group, reducer_.get());
  }
}

GradientReducer::~GradientReducer() = default;

void GradientReducer::Backward(const at::Tensor& loss, bool should_sync) {
  if (!should_sync) {
    // Hooks that are not prepared for only accumulate. After the first
    // synchronised backward a static graph still counts uses until this call
    // says that another has begun.
    if (has_synced_ && config_.static_graph()) reducer_->prepare_for_forward();
    loss.backward();
    return;
  }
  const bool is_first = !has_synced_;
  has_synced_ = true;
  reducer_->prepare_for_forward();
  reducer_->rebuild_buckets();
  if (config_.find_unused_parameters() && !config_.static_graph()) {
    reducer_->prepare_for_backward({loss});
  } else {
    reducer_->prepare_for_backward({});
  }
  loss.backward();
  // The first backward of a static graph shows which parameters it uses.
  if (is_first && config_.static_graph()) reducer_->delay_all_reduce();
  if (config_.detect_anomalous_params()) LogAnomalous(loss);
  CheckAllReduced(loss);
}

std::vector<size_t> GradientReducer::ParamsWithout(
    const at::Tensor& loss) const {
  std::unordered_set<Node*> seen = {nullptr};
  std::vector<Node*> stack;
  const auto visit = [&](Node* node) {
    if (seen.insert(node).second) stack.push_back(node);
  };
  visit(torch::autograd::impl::gradient_edge(loss).function.get());
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    for (const auto& edge : node->next_edges()) visit(edge.function.get());
  }
  std::vector<size_t> without;
  for (size_t i = 0; i < params_.size(); ++i) {
    const auto accumulator =
        torch::autograd::impl::grad_accumulator(params_[i].tensor);
    if (seen.count(accumulator.get()) == 0) without.push_back(i);
  }
  return without;
}

std::string GradientReducer::NamesOf(const std::vector<size_t>& indices) const {
  return absl::StrJoin(indices, ", ", [&](std::string* out, size_t index) {
    absl::StrAppend(out, params_[index].name);
  });
}

void GradientReducer::LogAnomalous(const at::Tensor& loss) {
  std::vector<size_t> without = ParamsWithout(loss);
  if (without == anomalous_) return;
  anomalous_ = std::move(without);
  for (const size_t index : anomalous_) {
    const Param& param = params_[index];
    ANNEAL_LOG(ERROR) << param.name << " with shape ["
                      << absl::StrJoin(param.tensor.sizes(), ", ")
                      << "] is not in the computational graph";
  }
}

void GradientReducer::CheckAllReduced(const at::Tensor& loss) const {
  const absl::Status finished =
      CatchTorchError([&] { reducer_->check_finalized(); });
  if (finished.ok()) return;
  const std::vector<size_t> without = ParamsWithout(loss);
  TORCH_CHECK_VALUE(
      without.empty(), "the loss does not depend on ", NamesOf(without),
      ", so their gradients can't be reduced over the ranks; use them in it, "
      "freeze them, or set find_unused_parameters: true in the model_wrapper");
  TORCH_CHECK(false, std::string(finished.message()));
}

}  // namespace anneal
