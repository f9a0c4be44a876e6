#include "utils/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include <algorithm>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

int NumCudaDevices() {
  return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
}

at::Generator CudaGenerator(int device) {
  return at::globalContext().defaultGenerator(at::Device(at::kCUDA, device));
}

at::Tensor StateOf(at::Generator generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

absl::Status SetStateOf(at::Generator generator, const Value& state,
                        const std::string& path) {
  ASSIGN_OR_RETURN(const at::Tensor bytes, state.AsTensor(path));
  const std::lock_guard<std::mutex> lock(generator.mutex());
  const absl::Status status =
      CatchTorchError([&] { generator.set_state(bytes); });
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(
      path, " is not the state of a generator: ", status.message()));
}

}  // namespace

void SetRandomSeed(int64_t seed, bool deterministic) {
  at::manual_seed(static_cast<uint64_t>(seed));
  at::globalContext().setDeterministicAlgorithms(deterministic,
                                                 /*warn_only=*/false);
  at::globalContext().setDeterministicCuDNN(deterministic);
  if (deterministic) at::globalContext().setBenchmarkCuDNN(false);
}

Value RandomState() {
  Dict state{{"cpu", StateOf(at::detail::getDefaultCPUGenerator())}};
  Value::List cuda;
  for (int i = 0; i < NumCudaDevices(); ++i) {
    cuda.push_back(StateOf(CudaGenerator(i)));
  }
  if (!cuda.empty()) state["cuda"] = std::move(cuda);
  return state;
}

absl::Status SetRandomState(const Value& state) {
  ASSIGN_OR_RETURN(const Dict* states, state.AsDict("random_state"));
  ASSIGN_OR_RETURN(const Value* cpu, Require(*states, "cpu", "random_state"));
  RETURN_IF_ERROR(SetStateOf(at::detail::getDefaultCPUGenerator(), *cpu,
                             "random_state.cpu"));
  const Value* cuda = states->Find("cuda");
  if (cuda == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Value::List* devices,
                   cuda->AsList("random_state.cuda"));
  const int num_devices = std::min<int>(devices->size(), NumCudaDevices());
  for (int i = 0; i < num_devices; ++i) {
    RETURN_IF_ERROR(SetStateOf(CudaGenerator(i), (*devices)[i],
                               absl::StrCat("random_state.cuda[", i, "]")));
  }
  return absl::OkStatus();
}

}  // namespace anneal
