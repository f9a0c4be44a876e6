// What the launcher of a rank tells it.
#ifndef ANNEAL_DIST_RANK_ENVIRONMENT_H_
#define ANNEAL_DIST_RANK_ENVIRONMENT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal::dist {

// The value of an environment variable, nothing where it is not set.
using GetEnv = std::function<std::optional<std::string>(const char* name)>;

// This process's environment.
std::optional<std::string> ProcessEnv(const char* name);

// The port of the rendezvous where no launcher names one: torch's.
constexpr int kDefaultMasterPort = 29500;

struct RankEnvironment {
  int rank = 0;
  int world_size = 1;
  // Among the ranks of this machine.
  int local_rank = 0;
  int local_size = 1;
  // Where the ranks meet: a host of rank 0's machine, and a port there. The
  // same on all ranks.
  std::string master_addr = "127.0.0.1";
  int master_port = kDefaultMasterPort;
  // A store listens there already, torchrun's agent: no rank may start one.
  bool launcher_serves_store = false;
  // How often torchrun has started the ranks again.
  int restart_count = 0;
  // Names the start, the same on all its ranks: torchrun's id, "slurm.<job
  // id>.<step id>", "mpi.<mpirun's job>", "local.<launcher's process>"; empty
  // where the launcher gives none. With `restart_count` two starts that meet
  // by mistake can be told apart.
  std::string run_id;
  // On rank 0 under --launcher local: an open socket that listens on
  // `master_port` and belongs to this process. -1: none.
  int master_listen_fd = -1;
};

// Reads what `launcher` set:
//   pytorch  RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE (both of these or
//            neither: one rank on each machine), MASTER_ADDR, MASTER_PORT,
//            TORCHELASTIC_*. torchrun sets them all.
//   slurm    srun's SLURM_PROCID, SLURM_LOCALID and the step's tasks and nodes.
//            The ranks meet at MASTER_ADDR, or else the first node, and at
//            MASTER_PORT, or else SlurmMasterPort.
//   mpi      OpenMPI's OMPI_COMM_WORLD_*, or PMI_RANK, PMI_SIZE and
//            MPI_LOCAL* of MPICH's kin. The ranks meet at MASTER_ADDR, which
//            need not be set where all are on one machine, and MASTER_PORT.
//   local    what RunLocalRanks gave.
//   none     nothing: one rank.
// InvalidArgument for another launcher, and for a variable that is missing or
// wrong, with its name, its value, who sets it and how to start instead.
absl::StatusOr<RankEnvironment> ReadRankEnvironment(
    absl::string_view launcher, const GetEnv& env = ProcessEnv);

// mmengine.dist.infer_launcher: "pytorch" where WORLD_SIZE is set, else "mpi"
// where OMPI_COMM_WORLD_LOCAL_RANK is, else "slurm" where SLURM_NTASKS is, else
// "none". Unlike there mpi goes before slurm, as mpirun in a Slurm job sets
// both and srun one, and MPICH's MPI_LOCALRANKID means "mpi" where there would
// be none.
std::string InferLauncher(const GetEnv& env = ProcessEnv);

// 16384 + (61 * job_id + step_id) % 16384: below the ports that Linux gives
// out, and not the same for steps that run on one node at a time unless the
// cluster has started 16384 jobs, or the job 61 steps, between them.
int SlurmMasterPort(uint64_t job_id, uint64_t step_id);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_RANK_ENVIRONMENT_H_
