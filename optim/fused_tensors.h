// The lists that LibTorch's fused optimizer kernels take.
#ifndef ANNEAL_OPTIM_FUSED_TENSORS_H_
#define ANNEAL_OPTIM_FUSED_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace anneal {

// Collects parameters, gradients and states of one step for kernels that want
// one device and one dtype a call, and walk each tensor's memory from end to
// end: gradients and states are laid out as their parameter is.
class FusedTensors {
 public:
  // One call's; `states[i]` is state i of every parameter.
  struct Lists {
    std::vector<at::Tensor> params;
    std::vector<at::Tensor> grads;
    std::vector<std::vector<at::Tensor>> states;
  };

  explicit FusedTensors(int num_states) : num_states_(num_states) {}

  // `param` has neither gaps nor overlaps in memory. Throws c10::Error for a
  // sparse gradient.
  void Add(const at::Tensor& param, const at::Tensor& grad);

  // State `index` of the parameter added last; replaced by a copy where it is
  // laid out otherwise.
  void AddState(int index, at::Tensor* state);

  // By device and dtype.
  std::vector<Lists>& lists() { return lists_; }

 private:
  size_t FindLists(const at::Tensor& param);

  int num_states_;
  size_t current_ = 0;
  std::vector<Lists> lists_;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_FUSED_TENSORS_H_
