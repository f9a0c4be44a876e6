#include "optim/fused_tensors.h"

#include <ATen/ops/empty_like.h>
#include <c10/util/Exception.h>

namespace anneal {
namespace {

bool SameKind(const at::Tensor& a, const at::Tensor& b) {
  return a.device() == b.device() && a.scalar_type() == b.scalar_type();
}

at::Tensor LaidOutAs(const at::Tensor& param, const at::Tensor& tensor) {
  if (tensor.strides().equals(param.strides())) return tensor;
  return at::empty_like(param, tensor.options()).copy_(tensor);
}

}  // namespace

void FusedTensors::Add(const at::Tensor& param, const at::Tensor& grad) {
  TORCH_CHECK(!grad.is_sparse(),
              "a sparse gradient needs an optimizer for sparse gradients");
  if (lists_.empty() || !SameKind(lists_[current_].params[0], param)) {
    current_ = FindLists(param);
  }
  lists_[current_].params.push_back(param);
  lists_[current_].grads.push_back(LaidOutAs(param, grad));
}

void FusedTensors::AddState(int index, at::Tensor* state) {
  *state = LaidOutAs(lists_[current_].params.back(), *state);
  lists_[current_].states[index].push_back(*state);
}

size_t FusedTensors::FindLists(const at::Tensor& param) {
  for (size_t i = 0; i < lists_.size(); ++i) {
    if (SameKind(lists_[i].params[0], param)) return i;
  }
  lists_.emplace_back();
  lists_.back().states.resize(num_states_);
  return lists_.size() - 1;
}

}  // namespace anneal
