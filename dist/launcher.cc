#include "dist/launcher.h"

#include "absl/strings/str_cat.h"
#include "dist/single_process.h"

namespace anneal::dist {

absl::StatusOr<std::unique_ptr<Communicator>> Launch(
    absl::string_view launcher) {
  if (launcher == "none") return SingleProcess();
  for (const char* known : {"pytorch", "slurm", "mpi", "local"}) {
    if (launcher != known) continue;
    return absl::UnimplementedError(
        absl::StrCat("launcher \"", launcher,
                     "\" starts several ranks, and this version "
                     "trains on one; use --launcher none"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "launcher \"", launcher,
      "\" is unknown; it is one of none, pytorch, slurm, mpi, local"));
}

}  // namespace anneal::dist
