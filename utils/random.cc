#include "utils/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <mutex>

#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {

void SetRandomSeed(int64_t seed, bool deterministic) {
  at::manual_seed(static_cast<uint64_t>(seed));
  at::globalContext().setDeterministicAlgorithms(deterministic,
                                                 /*warn_only=*/false);
  if (deterministic) at::globalContext().setBenchmarkCuDNN(false);
}

Value RandomState() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock(generator.mutex());
  return Dict{{"cpu", generator.get_state()}};
}

absl::Status SetRandomState(const Value& state) {
  ASSIGN_OR_RETURN(const Dict* states, state.AsDict("random_state"));
  ASSIGN_OR_RETURN(const Value* cpu, Require(*states, "cpu", "random_state"));
  ASSIGN_OR_RETURN(const at::Tensor bytes, cpu->AsTensor("random_state.cpu"));
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock(generator.mutex());
  const absl::Status status =
      CatchTorchError([&] { generator.set_state(bytes); });
  if (status.ok()) return status;
  return absl::InvalidArgumentError("random_state.cpu: " +
                                    std::string(status.message()));
}

void SetNumThreads(int num_threads) { at::set_num_threads(num_threads); }

}  // namespace anneal
