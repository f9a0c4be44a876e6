// How the ranks of a run are started.
#ifndef ANNEAL_DIST_LAUNCHER_H_
#define ANNEAL_DIST_LAUNCHER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dist/communicator.h"

namespace anneal::dist {

// The communicator of a run started by `launcher`. "none" is one process;
// pytorch, slurm, mpi and local are Unimplemented: this version trains on one
// rank. InvalidArgument, with the names there are, for any other word.
absl::StatusOr<std::unique_ptr<Communicator>> Launch(
    absl::string_view launcher);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_LAUNCHER_H_
