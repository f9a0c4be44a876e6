#include "dist/broadcast_tensors.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <cstddef>

#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

constexpr int64_t kMaxBytes = int64_t{64} << 20;

// The bytes of a contiguous tensor, in its memory.
at::Tensor BytesOf(const at::Tensor& contiguous) {
  return contiguous.detach().view(-1).view(at::kByte);
}

absl::Status BroadcastTogether(Communicator& communicator,
                               const std::vector<at::Tensor>& tensors,
                               int64_t bytes, int source) {
  if (tensors.size() == 1 && tensors[0].is_contiguous()) {
    at::Tensor whole = BytesOf(tensors[0]);
    return communicator.Broadcast(&whole, source);
  }
  at::Tensor flat = at::empty({bytes}, tensors[0].options().dtype(at::kByte));
  const bool is_source = communicator.rank() == source;
  if (is_source) {
    int64_t offset = 0;
    for (const at::Tensor& tensor : tensors) {
      const int64_t size = tensor.nbytes();
      flat.narrow(0, offset, size).copy_(BytesOf(tensor.contiguous()));
      offset += size;
    }
  }
  RETURN_IF_ERROR(communicator.Broadcast(&flat, source));
  if (is_source) return absl::OkStatus();
  int64_t offset = 0;
  for (const at::Tensor& tensor : tensors) {
    const int64_t size = tensor.nbytes();
    const at::Tensor part = flat.narrow(0, offset, size);
    offset += size;
    if (tensor.is_contiguous()) {
      BytesOf(tensor).copy_(part);
    } else {
      // A clone, as a view of another dtype wants aligned memory.
      tensor.detach().copy_(
          part.clone().view(tensor.scalar_type()).view(tensor.sizes()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BroadcastTensors(Communicator& communicator,
                              const std::vector<at::Tensor>& tensors,
                              int source) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> together;
  int64_t bytes = 0;
  const auto flush = [&]() -> absl::Status {
    if (together.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(CatchTorchError([&] {
      return BroadcastTogether(communicator, together, bytes, source);
    }));
    together.clear();
    bytes = 0;
    return absl::OkStatus();
  };
  for (const at::Tensor& tensor : tensors) {
    const int64_t size = tensor.nbytes();
    if (size == 0) continue;
    if (bytes + size > kMaxBytes) RETURN_IF_ERROR(flush());
    together.push_back(tensor);
    bytes += size;
  }
  return flush();
}

}  // namespace anneal::dist
