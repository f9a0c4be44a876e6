#include "strategy/comm_hooks.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <memory>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "logging/log.h"

namespace anneal {
namespace {

using GroupPtr = c10::intrusive_ptr<c10d::ProcessGroup>;
using c10::ivalue::Future;

// LibTorch has it in Python only.
class BF16CompressHook : public c10d::CppCommHookInterface<GroupPtr> {
 public:
  explicit BF16CompressHook(const GroupPtr& group)
      : c10d::CppCommHookInterface<GroupPtr>(group) {}

  c10::intrusive_ptr<Future> runHook(c10d::GradBucket& bucket) override {
    const at::Tensor gradients = bucket.getBuffer();
    std::vector<at::Tensor> compressed = {gradients.to(at::kBFloat16)};
    // Before the sum, which could overflow otherwise.
    compressed[0].div_(state_->getSize());
    const auto sent = state_->allreduce(compressed)->getFuture();
    const auto decompress = [gradients](Future& done) {
      gradients.copy_(done.value().toTensorVector()[0]);
      return c10::IValue(gradients);
    };
    return sent->then(decompress, c10::TensorType::get());
  }
};

}  // namespace

const std::vector<std::string>& CommHookNames() {
  static const auto* const names = new std::vector<std::string>{
      "allreduce_hook", "fp16_compress_hook", "bf16_compress_hook"};
  return *names;
}

void RegisterCommHook(const std::string& name, const GroupPtr& group,
                      c10d::Reducer* reducer) {
  if (name == "allreduce_hook") {
    reducer->register_builtin_comm_hook(c10d::BuiltinCommHookType::ALLREDUCE);
  } else if (name == "fp16_compress_hook") {
    reducer->register_builtin_comm_hook(
        c10d::BuiltinCommHookType::FP16_COMPRESS);
  } else {
    ANNEAL_CHECK(name == "bf16_compress_hook")
        << "there is no communication hook " << name;
    reducer->register_comm_hook(std::make_unique<BF16CompressHook>(group));
  }
}

}  // namespace anneal
