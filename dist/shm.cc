// The "shm" backend of //dist:process_group: Gloo where memory can't be shared.

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "dist/process_group.h"
#include "dist/shared_memory/shared_memory_backend.h"
#include "logging/log.h"
#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

c10::intrusive_ptr<c10d::Backend> MakeShm(const GroupOptions& options) {
  auto made = MakeSharedMemoryBackend(options.store, options.rank,
                                      options.world_size, options.timeout);
  if (made.ok()) return *std::move(made);
  // The same on all ranks.
  if (absl::IsFailedPrecondition(made.status())) {
    ANNEAL_LOG(WARNING) << made.status().message()
                        << "; collectives go by Gloo instead";
    return MakeGlooBackend(options);
  }
  ThrowIfError(made.status());
  return nullptr;
}

const BackendRegistration kShm("shm", /*is_for_cuda=*/false, MakeShm);

}  // namespace
}  // namespace anneal::dist
