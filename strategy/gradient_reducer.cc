#include "strategy/gradient_reducer.h"

#include <ATen/ops/ones.h>
#include <ATen/record_function.h>
#include <c10/util/Exception.h>
#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/logger.hpp>
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
// A TiB: no gradients are as large.
constexpr int64_t kMaxMiB = int64_t{1} << 20;

// The buckets until those of the first loss's order are known. As torch does:
// all in one where an order will be known, else the last parameters first.
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

// Calls `visit` with every node that the backward of `loss` may run, and with
// each of its edges.
template <typename Visit>
void ForEachEdge(const at::Tensor& loss, Visit visit) {
  Node* root = torch::autograd::impl::gradient_edge(loss).function.get();
  std::unordered_set<Node*> seen = {nullptr, root};
  std::vector<Node*> stack;
  if (root != nullptr) stack.push_back(root);
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    for (const auto& edge : node->next_edges()) {
      visit(*node, edge.function.get());
      if (seen.insert(edge.function.get()).second) {
        stack.push_back(edge.function.get());
      }
    }
  }
}

// Indices of `params` in the order in which the backward of `loss` makes their
// gradients: the engine runs the youngest node first, so a gradient is whole
// after the oldest that adds to it. Those without one come last.
std::vector<size_t> OrderOfGradients(const at::Tensor& loss,
                                     const std::vector<at::Tensor>& params) {
  std::unordered_map<Node*, uint64_t> oldest;
  ForEachEdge(loss, [&](Node& node, Node* next) {
    uint64_t& number =
        oldest.try_emplace(next, node.sequence_nr()).first->second;
    number = std::min(number, node.sequence_nr());
  });
  // Last parameters first where nothing else decides.
  std::vector<size_t> order;
  std::vector<uint64_t> numbers(params.size());
  for (size_t i = params.size(); i-- > 0;) {
    const auto found =
        oldest.find(torch::autograd::impl::grad_accumulator(params[i]).get());
    if (found != oldest.end()) numbers[i] = found->second;
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return numbers[a] > numbers[b]; });
  return order;
}

}  // namespace

// c10d's own would learn the order in its first backward and have other buckets
// from the second on. Where a bucket's elements stand decides in which order
// Gloo adds the ranks' up, so a resumed run would differ in the last bits.
class GradientReducer::Reducer : public c10d::Reducer {
 public:
  using c10d::Reducer::Reducer;

  // Makes the buckets anew, of the parameters in this order on rank 0; before
  // the first backward.
  void Order(const std::vector<size_t>& indices) {
    for (const size_t index : indices) push_rebuilt_params(index);
    rebuild_buckets();
  }
};

absl::Status GradientReducer::CheckConfig(const ModelWrapperConfig& config) {
  if (!(config.bucket_cap_mb() > 0 && config.bucket_cap_mb() <= kMaxMiB)) {
    return absl::InvalidArgumentError(
        absl::StrCat("model_wrapper.bucket_cap_mb is ", config.bucket_cap_mb(),
                     "; it must be above 0 and at most ", kMaxMiB));
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
    : config_(config),
      params_(std::move(params)),
      group_(GroupPtr::reclaim_copy(group)) {
  if (config_.static_graph()) return;
  MakeReducer(params_, config_.find_unused_parameters());
}

GradientReducer::~GradientReducer() = default;

void GradientReducer::MakeReducer(const std::vector<Param>& params,
                                  bool finds_unused) {
  std::vector<at::Tensor> tensors;
  std::vector<bool> has_sparse_grad;
  std::unordered_map<size_t, std::string> names;
  for (const Param& param : params) {
    names[tensors.size()] = param.name;
    tensors.push_back(param.tensor);
    has_sparse_grad.push_back(param.has_sparse_grad);
  }
  const auto bytes = static_cast<int64_t>(config_.bucket_cap_mb() * kMiB);
  const int64_t first_bytes = config_.has_bucket_cap_mb() ? bytes : kMiB;
  auto buckets =
      FirstBuckets(tensors, has_sparse_grad,
                   /*is_order_found=*/!finds_unused, first_bytes, bytes);
  reduced_ = tensors;
  reducer_ = std::make_shared<Reducer>(
      std::move(tensors), std::move(buckets), group_,
      std::move(has_sparse_grad), bytes, finds_unused,
      config_.gradient_as_bucket_view(), std::move(names), first_bytes,
      /*skip_all_reduce_unused_params=*/false,
      /*use_python_reducer=*/false,
      /*bucket_bytes_cap_list=*/std::vector<int64_t>());
  logger_ = std::make_shared<c10d::Logger>(reducer_);
  reducer_->set_logger(logger_);
  if (config_.has_comm_hook()) {
    RegisterCommHook(config_.comm_hook(), group_, reducer_.get());
  }
  finds_unused_ = finds_unused;
}

// Reducer's own static graph goes wrong where gradients are accumulated: it
// counts uses in the backwards before the first that is synchronised.
void GradientReducer::FixGraph(const at::Tensor& loss) {
  at::Tensor users = at::ones({static_cast<int64_t>(params_.size())}, at::kInt);
  for (const size_t index : ParamsWithout(loss)) {
    users[static_cast<int64_t>(index)] = 0;
  }
  std::vector<at::Tensor> reduced = {users.to(params_[0].tensor.device())};
  group_->allreduce(reduced)->wait();
  users = reduced[0].cpu();
  std::vector<Param> used;
  bool is_same_everywhere = true;
  for (size_t i = 0; i < params_.size(); ++i) {
    const int num_users = users.data_ptr<int>()[i];
    if (num_users == 0) {
      idle_.push_back(i);
      continue;
    }
    used.push_back(params_[i]);
    is_same_everywhere &= num_users == group_->getSize();
  }
  MakeReducer(used, /*finds_unused=*/!is_same_everywhere);
}

void GradientReducer::Backward(const at::Tensor& loss, bool should_sync) {
  // In a trace, what the all-reduces are to be behind.
  RECORD_USER_SCOPE("backward");
  if (!should_sync) {
    // Hooks that are not prepared for only accumulate.
    loss.backward();
    return;
  }
  if (reducer_ == nullptr) FixGraph(loss);
  reducer_->prepare_for_forward();
  if (reducer_->should_rebuild_buckets()) {
    reducer_->Order(OrderOfGradients(loss, reduced_));
  }
  if (finds_unused_) {
    reducer_->prepare_for_backward({loss});
  } else {
    reducer_->prepare_for_backward({});
  }
  loss.backward();
  if (config_.detect_anomalous_params()) LogAnomalous(loss);
  CheckAllReduced(loss);
}

std::vector<size_t> GradientReducer::ParamsWithout(
    const at::Tensor& loss) const {
  std::unordered_set<Node*> seen = {
      torch::autograd::impl::gradient_edge(loss).function.get()};
  ForEachEdge(loss, [&](Node&, Node* next) { seen.insert(next); });
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
  for (const size_t index : idle_) {
    TORCH_CHECK_VALUE(
        !params_[index].tensor.grad().defined(), params_[index].name,
        " has a gradient, but had none in the first step that was "
        "synchronised; remove static_graph: true from the model_wrapper");
  }
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
