// What callers of a c10d backend may pass.
#ifndef ANNEAL_DIST_SHARED_MEMORY_COLLECTIVE_ARGUMENTS_H_
#define ANNEAL_DIST_SHARED_MEMORY_COLLECTIVE_ARGUMENTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dist/shared_memory/reduction.h"

namespace anneal::dist {

using Tensors = std::vector<at::Tensor>;

// Checks the arguments of one call, which `title` names in the messages. Throws
// c10::ValueError, as c10d's own backends do.
class CollectiveArguments {
 public:
  CollectiveArguments(const char* title, int size)
      : title_(title), size_(size) {}

  const char* title() const { return title_; }

  // Dense, on the CPU.
  void CheckTensor(const at::Tensor& tensor) const;
  // Also of that dtype and that many elements.
  void CheckTensor(const at::Tensor& tensor, at::ScalarType dtype,
                   int64_t numel) const;
  void CheckReduces(Reduction op, const at::Tensor& tensor) const;
  void CheckRoot(int64_t rank) const;

  // The one tensor of a list, which c10d has for several devices, checked.
  at::Tensor Only(const Tensors& tensors) const;
  // The one list of lists; its tensors, one a rank, are checked to be of
  // `like`'s dtype and size.
  Tensors OnePerRank(const std::vector<Tensors>& lists,
                     const at::Tensor& like) const;
  // The same where `is_root`; elsewhere no list is expected and `size`
  // undefined tensors returned.
  Tensors OnePerRankAtRoot(const std::vector<Tensors>& lists,
                           const at::Tensor& like, bool is_root) const;
  void CheckNotEmpty(const Tensors& tensors) const;
  // One checked tensor a rank.
  void CheckOnePerRank(const Tensors& tensors) const;
  // There are some, and each of `wholes` has as many elements as one of `parts`
  // on every rank together, and its dtype.
  void CheckParts(const Tensors& parts, const Tensors& wholes) const;

 private:
  const char* title_;
  int size_;
};

// What ranks compare: "12 Float", "12 Float, 3 Float", "sum of 12 Float".
std::string Describe(const at::Tensor& tensor);
std::string Describe(const Tensors& tensors);
std::string Describe(Reduction op, const at::Tensor& tensor);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_COLLECTIVE_ARGUMENTS_H_
