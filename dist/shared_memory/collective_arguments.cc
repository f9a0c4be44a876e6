#include "dist/shared_memory/collective_arguments.h"

#include <c10/util/Exception.h>

#include "absl/strings/str_cat.h"

namespace anneal::dist {

void CollectiveArguments::CheckTensor(const at::Tensor& tensor) const {
  TORCH_CHECK_VALUE(tensor.layout() == at::kStrided && tensor.is_cpu(), title_,
                    " takes dense CPU tensors, not ", tensor.toString(),
                    "; use another backend");
}

void CollectiveArguments::CheckTensor(const at::Tensor& tensor,
                                      at::ScalarType dtype,
                                      int64_t numel) const {
  CheckTensor(tensor);
  TORCH_CHECK_VALUE(tensor.scalar_type() == dtype && tensor.numel() == numel,
                    title_, ": a tensor of ", Describe(tensor),
                    " is where there should be ", numel, " ", dtype);
}

void CollectiveArguments::CheckReduces(Reduction op,
                                       const at::Tensor& tensor) const {
  const absl::Status status = CheckReduction(op, tensor.scalar_type());
  TORCH_CHECK_VALUE(status.ok(), title_, ": ", std::string(status.message()));
}

void CollectiveArguments::CheckRoot(int64_t rank) const {
  TORCH_CHECK_VALUE(rank >= 0 && rank < size_, title_, ": rank ", rank,
                    " is not one of 0 to ", size_ - 1);
}

at::Tensor CollectiveArguments::Only(const Tensors& tensors) const {
  TORCH_CHECK_VALUE(tensors.size() == 1, title_,
                    " takes one tensor a rank, not ", tensors.size());
  CheckTensor(tensors[0]);
  return tensors[0];
}

Tensors CollectiveArguments::OnePerRank(const std::vector<Tensors>& lists,
                                        const at::Tensor& like) const {
  TORCH_CHECK_VALUE(lists.size() == 1, title_, " takes one list a rank, not ",
                    lists.size());
  CheckOnePerRank(lists[0]);
  for (const at::Tensor& tensor : lists[0]) {
    CheckTensor(tensor, like.scalar_type(), like.numel());
  }
  return lists[0];
}

Tensors CollectiveArguments::OnePerRankAtRoot(const std::vector<Tensors>& lists,
                                              const at::Tensor& like,
                                              bool is_root) const {
  if (is_root) return OnePerRank(lists, like);
  TORCH_CHECK_VALUE(lists.empty(), title_,
                    " takes a list of tensors on its root only");
  return Tensors(size_);
}

void CollectiveArguments::CheckNotEmpty(const Tensors& tensors) const {
  TORCH_CHECK_VALUE(!tensors.empty(), title_, " takes at least one tensor");
}

void CollectiveArguments::CheckOnePerRank(const Tensors& tensors) const {
  TORCH_CHECK_VALUE(tensors.size() == size_, title_, ": ", tensors.size(),
                    " tensors for ", size_, " ranks");
  for (const at::Tensor& tensor : tensors) CheckTensor(tensor);
}

void CollectiveArguments::CheckParts(const Tensors& parts,
                                     const Tensors& wholes) const {
  CheckNotEmpty(parts);
  TORCH_CHECK_VALUE(parts.size() == wholes.size(), title_, ": ", parts.size(),
                    " tensors of parts for ", wholes.size(), " of wholes");
  for (size_t i = 0; i < parts.size(); ++i) {
    CheckTensor(parts[i]);
    CheckTensor(wholes[i], parts[i].scalar_type(), parts[i].numel() * size_);
  }
}

std::string Describe(const at::Tensor& tensor) {
  return absl::StrCat(tensor.numel(), " ", c10::toString(tensor.scalar_type()));
}

std::string Describe(const Tensors& tensors) {
  std::string text;
  for (const at::Tensor& tensor : tensors) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", Describe(tensor));
  }
  return text;
}

std::string Describe(Reduction op, const at::Tensor& tensor) {
  return absl::StrCat(ReductionName(op), " of ", Describe(tensor));
}

}  // namespace anneal::dist
