#include "dist/shared_memory/tensor_collectives.h"

#include <ATen/ops/cat.h>

#include <cstdint>

#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

using Tensors = TensorCollectives::Tensors;

// A tensor whose elements lie one after the other: `tensor` itself, or a copy
// whose changes Unpack takes back.
at::Tensor Pack(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  return tensor.contiguous().resolve_conj().resolve_neg();
}

void Unpack(const at::Tensor& packed, const at::Tensor& tensor) {
  if (!packed.is_same(tensor)) tensor.copy_(packed);
}

Tensors PackAll(const Tensors& tensors) {
  Tensors packed;
  for (const at::Tensor& tensor : tensors) packed.push_back(Pack(tensor));
  return packed;
}

void UnpackAll(const Tensors& packed, const Tensors& tensors) {
  for (size_t i = 0; i < packed.size(); ++i) Unpack(packed[i], tensors[i]);
}

void* DataOf(const at::Tensor& packed) {
  return packed.defined() ? packed.data_ptr() : nullptr;
}

// Of the `count` equal parts of a packed tensor.
template <typename Pointer>
std::vector<Pointer> PartsOf(const at::Tensor& packed, int count) {
  std::vector<Pointer> parts;
  for (int i = 0; i < count; ++i) {
    parts.push_back(static_cast<char*>(packed.data_ptr()) +
                    packed.nbytes() / count * i);
  }
  return parts;
}

std::vector<SharedMemoryCollectives::Piece> PiecesOf(const Tensors& packed) {
  std::vector<SharedMemoryCollectives::Piece> pieces;
  for (const at::Tensor& tensor : packed) {
    pieces.push_back({DataOf(tensor), tensor.defined() ? tensor.nbytes() : 0});
  }
  return pieces;
}

}  // namespace

absl::Status TensorCollectives::Barrier() {
  return memory_.Share(nullptr, std::vector<void*>(memory_.size()), 0);
}

absl::Status TensorCollectives::AllReduce(Reduction op,
                                          const at::Tensor& tensor,
                                          bool wants_result) {
  const at::Tensor packed = Pack(tensor);
  RETURN_IF_ERROR(memory_.AllReduce(op, packed.scalar_type(), packed.numel(),
                                    packed.data_ptr(), wants_result));
  if (wants_result) Unpack(packed, tensor);
  return absl::OkStatus();
}

absl::Status TensorCollectives::AllReduceCoalesced(Reduction op,
                                                   const Tensors& tensors) {
  Tensors flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.reshape(-1));
  const at::Tensor all = at::cat(flat);
  RETURN_IF_ERROR(AllReduce(op, all));
  int64_t begin = 0;
  for (const at::Tensor& tensor : tensors) {
    tensor.copy_(all.narrow(0, begin, tensor.numel()).view(tensor.sizes()));
    begin += tensor.numel();
  }
  return absl::OkStatus();
}

absl::Status TensorCollectives::Broadcast(const at::Tensor& tensor, int root) {
  const bool is_root = memory_.rank() == root;
  const at::Tensor packed = Pack(tensor);
  std::vector<void*> theirs(memory_.size());
  if (!is_root) theirs[root] = packed.data_ptr();
  RETURN_IF_ERROR(memory_.Share(is_root ? packed.data_ptr() : nullptr, theirs,
                                packed.nbytes()));
  if (!is_root) Unpack(packed, tensor);
  return absl::OkStatus();
}

absl::Status TensorCollectives::Gather(const at::Tensor& input,
                                       const Tensors& outputs) {
  const at::Tensor mine = Pack(input);
  const Tensors packed = PackAll(outputs);
  std::vector<void*> theirs;
  for (const at::Tensor& tensor : packed) theirs.push_back(DataOf(tensor));
  RETURN_IF_ERROR(memory_.Share(mine.data_ptr(), theirs, mine.nbytes()));
  UnpackAll(packed, outputs);
  return absl::OkStatus();
}

absl::Status TensorCollectives::GatherInto(const at::Tensor& input,
                                           const at::Tensor& output) {
  const at::Tensor mine = Pack(input);
  const at::Tensor packed = Pack(output);
  RETURN_IF_ERROR(memory_.Share(
      mine.data_ptr(), PartsOf<void*>(packed, memory_.size()), mine.nbytes()));
  Unpack(packed, output);
  return absl::OkStatus();
}

absl::Status TensorCollectives::ReduceScatter(Reduction op,
                                              const Tensors& inputs,
                                              const at::Tensor& output) {
  const Tensors mine = PackAll(inputs);
  std::vector<const void*> pieces;
  for (const at::Tensor& tensor : mine) pieces.push_back(tensor.data_ptr());
  const at::Tensor packed = Pack(output);
  RETURN_IF_ERROR(memory_.ReduceScatter(
      op, packed.scalar_type(), packed.numel(), pieces, packed.data_ptr()));
  Unpack(packed, output);
  return absl::OkStatus();
}

absl::Status TensorCollectives::ReduceScatterFrom(Reduction op,
                                                  const at::Tensor& input,
                                                  const at::Tensor& output) {
  const at::Tensor mine = Pack(input);
  const at::Tensor packed = Pack(output);
  RETURN_IF_ERROR(memory_.ReduceScatter(
      op, packed.scalar_type(), packed.numel(),
      PartsOf<const void*>(mine, memory_.size()), packed.data_ptr()));
  Unpack(packed, output);
  return absl::OkStatus();
}

absl::Status TensorCollectives::Exchange(const Tensors& inputs,
                                         const Tensors& outputs) {
  const Tensors mine = PackAll(inputs);
  const Tensors packed = PackAll(outputs);
  RETURN_IF_ERROR(memory_.Exchange(PiecesOf(mine), PiecesOf(packed)));
  UnpackAll(packed, outputs);
  return absl::OkStatus();
}

}  // namespace anneal::dist
