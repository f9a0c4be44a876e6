// How a process comes to be a rank of a run.
#ifndef ANNEAL_DIST_LAUNCHER_H_
#define ANNEAL_DIST_LAUNCHER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "dist/communicator.h"

namespace anneal::dist {

struct LaunchOptions {
  // none, pytorch, slurm, mpi or local (ReadRankEnvironment).
  std::string launcher = "none";
  // BackendNames(). Empty: nccl where rank 0 sees CUDA devices and it is
  // linked, else shm where all ranks are on this machine and it is linked, else
  // gloo.
  std::string backend;
  // How long the ranks wait for each other, at the start and in a collective.
  absl::Duration timeout = absl::Minutes(30);
  // Within it all ranks have ended once one has failed.
  absl::Duration failure_timeout = absl::Seconds(30);
};

// The communicator of a run that `launcher` has started: meets the other ranks,
// and from then on one rank's failure ends them all. A run of one rank is
// SingleProcess(). Fails as ReadRankEnvironment, Rendezvous and
// MakeCommunicator; InvalidArgument for a time out of range: 1 ms, for
// failure_timeout 1 s, to 7 days.
absl::StatusOr<std::unique_ptr<Communicator>> Launch(
    const LaunchOptions& options);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_LAUNCHER_H_
