// The communicator of a run of several processes.
#ifndef ANNEAL_DIST_PROCESS_GROUP_COMMUNICATOR_H_
#define ANNEAL_DIST_PROCESS_GROUP_COMMUNICATOR_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dist/communicator.h"
#include "dist/process_group.h"

namespace anneal::dist {

class ControlPlane;

// Collectives over a c10d::ProcessGroup of `backend`, made here: all ranks call
// it together. Tensors on the host and, with a backend for CUDA, on a device;
// objects go by the host. `control` is told of every collective and
// ends this rank with the others; null: a rank that fails does not end the
// others. Fails as MakeProcessGroup.
absl::StatusOr<std::unique_ptr<Communicator>> MakeCommunicator(
    const std::string& backend, const GroupOptions& options, int local_rank,
    int local_size, std::shared_ptr<ControlPlane> control = nullptr);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_PROCESS_GROUP_COMMUNICATOR_H_
