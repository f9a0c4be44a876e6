#include "model/sync_batch_norm_scope.h"

#include <ATen/ops/_batch_norm_impl_index_backward_native.h>
#include <ATen/ops/_batch_norm_impl_index_native.h>
#include <torch/library.h>

#include <array>
#include <atomic>
#include <optional>
#include <tuple>

#include "logging/log.h"
#include "model/sync_batch_norm.h"

namespace anneal {
namespace {

std::atomic<const SyncBatchNormScope*> current_scope{nullptr};

// The op's last result tells its backward op who computed the others; LibTorch
// counts its backends from 0.
constexpr int64_t kSyncBatchNormBackend = 7001;

using OptionalTensor = std::optional<at::Tensor>;

at::Tensor ValueOf(const OptionalTensor& tensor) {
  return tensor.value_or(at::Tensor());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, int64_t> BatchNorm(
    const at::Tensor& input, const OptionalTensor& weight,
    const OptionalTensor& bias, const OptionalTensor& running_mean,
    const OptionalTensor& running_var, bool training, double momentum,
    double eps, bool cudnn_enabled) {
  if (training && current_scope.load(std::memory_order_acquire) != nullptr) {
    const BatchNormParameters parameters{
        ValueOf(weight),      ValueOf(bias), ValueOf(running_mean),
        ValueOf(running_var), momentum,      eps};
    if (dist::Communicator* communicator = SyncBatchNormScope::CommunicatorOf(
            parameters.running_mean, parameters.weight)) {
      const auto [output, statistics] =
          SyncBatchNorm(input, parameters, communicator);
      return {output, statistics.mean, statistics.invstd, statistics.count,
              kSyncBatchNormBackend};
    }
  }
  return at::native::_batch_norm_impl_index(input, weight, bias, running_mean,
                                            running_var, training, momentum,
                                            eps, cudnn_enabled);
}

// Called by TorchScript, which differentiates the op itself.
std::tuple<at::Tensor, at::Tensor, at::Tensor> BatchNormBackward(
    int64_t backend, const at::Tensor& input, const at::Tensor& grad_output,
    const OptionalTensor& weight, const OptionalTensor& running_mean,
    const OptionalTensor& running_var, const OptionalTensor& save_mean,
    const OptionalTensor& save_invstd, bool training, double eps,
    std::array<bool, 3> needed, const at::Tensor& reserved) {
  if (backend != kSyncBatchNormBackend) {
    return at::native::_batch_norm_impl_index_backward(
        backend, input, grad_output, weight, running_mean, running_var,
        save_mean, save_invstd, training, eps, needed, reserved);
  }
  dist::Communicator* communicator = SyncBatchNormScope::CommunicatorOf(
      ValueOf(running_mean), ValueOf(weight));
  TORCH_CHECK(communicator != nullptr,
              "the SyncBatchNormScope of the forward pass has ended before the "
              "backward pass of a TorchScript module");
  const auto gradients = SyncBatchNormBackward(
      grad_output, input, ValueOf(weight),
      {ValueOf(save_mean), ValueOf(save_invstd), reserved}, needed,
      communicator);
  return {gradients.input, gradients.weight, gradients.bias};
}

// LibTorch composes both ops of others and has them on no key of its own. In
// inference mode the second two keys are asked.
void Register(torch::Library& library) {
  library.impl("_batch_norm_impl_index", BatchNorm);
  library.impl("_batch_norm_impl_index_backward", BatchNormBackward);
}
TORCH_LIBRARY_IMPL(aten, AutogradCPU, library) { Register(library); }
TORCH_LIBRARY_IMPL(aten, AutogradCUDA, library) { Register(library); }
TORCH_LIBRARY_IMPL(aten, CPU, library) { Register(library); }
TORCH_LIBRARY_IMPL(aten, CUDA, library) { Register(library); }

}  // namespace

SyncBatchNormScope::SyncBatchNormScope(
    const std::vector<BatchNormLayer>& layers, dist::Communicator* communicator)
    : communicator_(communicator) {
  if (communicator->world_size() > 1) {
    places_.reserve(layers.size());
    for (const BatchNormLayer& layer : layers) {
      places_.insert(PlaceOf(layer.tensor));
    }
  }
  const SyncBatchNormScope* none = nullptr;
  ANNEAL_CHECK(current_scope.compare_exchange_strong(none, this))
      << "a SyncBatchNormScope is made while there is another";
}

SyncBatchNormScope::~SyncBatchNormScope() { current_scope = nullptr; }

dist::Communicator* SyncBatchNormScope::CommunicatorOf(
    const at::Tensor& running_mean, const at::Tensor& weight) {
  const SyncBatchNormScope* scope =
      current_scope.load(std::memory_order_acquire);
  if (scope == nullptr) return nullptr;
  return scope->Has(running_mean) || scope->Has(weight) ? scope->communicator_
                                                        : nullptr;
}

SyncBatchNormScope::Place SyncBatchNormScope::PlaceOf(
    const at::Tensor& tensor) {
  return {tensor.storage().unsafeGetStorageImpl(), tensor.storage_offset()};
}

bool SyncBatchNormScope::Has(const at::Tensor& tensor) const {
  return tensor.defined() && tensor.has_storage() &&
         places_.contains(PlaceOf(tensor));
}

}  // namespace anneal
