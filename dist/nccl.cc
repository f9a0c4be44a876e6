// The "nccl" backend of //dist:process_group, for CUDA tensors.

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <utility>

#include "dist/process_group.h"

namespace anneal::dist {
namespace {

c10::intrusive_ptr<c10d::Backend> MakeNccl(const GroupOptions& options) {
  auto nccl = c10d::ProcessGroupNCCL::Options::create();
  nccl->timeout = absl::ToChronoMilliseconds(options.timeout);
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(
      options.store, options.rank, options.world_size, std::move(nccl));
}

const BackendRegistration kNccl("nccl", /*is_for_cuda=*/true, MakeNccl);

}  // namespace
}  // namespace anneal::dist
