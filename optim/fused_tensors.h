// The lists that LibTorch's fused optimizer kernels take.
#ifndef ANNEAL_OPTIM_FUSED_TENSORS_H_
#define ANNEAL_OPTIM_FUSED_TENSORS_H_

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <utility>
#include <vector>

namespace anneal {

// Collects parameters, gradients and states of one step, and hands them to a
// kernel by device and dtype, which each call of one must share.
class FusedTensors {
 public:
  struct Lists {
    std::vector<at::Tensor> params;
    std::vector<at::Tensor> grads;
    std::vector<std::vector<at::Tensor>> states;
  };

  explicit FusedTensors(int num_states) : num_states_(num_states) {}

  // Throws c10::Error for a sparse gradient.
  void Add(const at::Tensor& param, const at::Tensor& grad) {
    TORCH_CHECK(!grad.is_sparse(),
                "a sparse gradient needs an optimizer for sparse gradients");
    if (lists_.empty() || !SameKind(lists_[current_].params[0], param)) {
      current_ = Find(param);
    }
    lists_[current_].params.push_back(param);
    lists_[current_].grads.push_back(grad);
  }
  // State `index` of the parameter added last.
  void AddState(int index, const at::Tensor& state) {
    lists_[current_].states[index].push_back(state);
  }

  template <typename Fn>
  void ForEachDevice(Fn&& fn) {
    for (Lists& lists : lists_) fn(lists);
  }

 private:
  static bool SameKind(const at::Tensor& a, const at::Tensor& b) {
    return a.device() == b.device() && a.scalar_type() == b.scalar_type();
  }

  size_t Find(const at::Tensor& param) {
    for (size_t i = 0; i < lists_.size(); ++i) {
      if (SameKind(lists_[i].params[0], param)) return i;
    }
    lists_.emplace_back();
    lists_.back().states.resize(num_states_);
    return lists_.size() - 1;
  }

  int num_states_;
  size_t current_ = 0;
  std::vector<Lists> lists_;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_FUSED_TENSORS_H_
