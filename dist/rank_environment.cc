#include "dist/rank_environment.h"

#include <fcntl.h>

#include <cstdlib>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "dist/slurm_node_list.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

constexpr char kPytorchAdvice[] =
    "torchrun sets it: start with `torchrun --no-python --nproc-per-node 2 "
    "PROGRAM ...`, or use --launcher local --nproc 2";
constexpr char kSlurmAdvice[] =
    "srun sets it: start with `srun --ntasks 2 PROGRAM ... --launcher slurm`, "
    "or use --launcher local --nproc 2";
constexpr char kMpiAdvice[] =
    "mpirun sets it: start with `mpirun -np 2 PROGRAM ... --launcher mpi`, or "
    "use --launcher local --nproc 2";
constexpr char kLocalAdvice[] =
    "--launcher local --nproc N sets it where this program starts its ranks";
constexpr char kPortAdvice[] = "give the same free port on every rank, or none";

// The environment of one launcher, with errors that say what sets a variable.
class Variables {
 public:
  Variables(const GetEnv& env, const char* advice)
      : env_(env), advice_(advice) {}

  bool Has(const char* name) const { return env_(name).has_value(); }

  std::string Get(const char* name, const std::string& fallback) const {
    return env_(name).value_or(fallback);
  }

  absl::StatusOr<std::string> Text(const char* name) const {
    const std::optional<std::string> value = env_(name);
    if (value.has_value() && !value->empty()) return *value;
    return absl::InvalidArgumentError(absl::StrCat(
        name, value.has_value() ? " is empty; " : " is not set; ", advice_));
  }

  // A whole number of at least `min`.
  absl::StatusOr<int64_t> Number(const char* name, int64_t min) const {
    ASSIGN_OR_RETURN(const std::string text, Text(name));
    int64_t number = 0;
    if (!absl::SimpleAtoi(text, &number) || number < min) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is \"", text, "\", no whole number of at least ",
                       min, "; ", advice_));
    }
    return number;
  }

  absl::StatusOr<int> Count(const char* name) const {
    ASSIGN_OR_RETURN(const int64_t count, Number(name, 1));
    if (count > kMaxRanks) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, " is ", count, ", more than ", kMaxRanks, "; ", advice_));
    }
    return static_cast<int>(count);
  }

  // A number below the value of `size_name`, which is `size`.
  absl::StatusOr<int> Index(const char* name, const std::string& size_name,
                            int size) const {
    ASSIGN_OR_RETURN(const int64_t index, Number(name, 0));
    if (index >= size) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is ", index, ", not below ", size_name,
                       ", which is ", size, "; ", advice_));
    }
    return static_cast<int>(index);
  }

  // MASTER_PORT, which a user may set for every launcher.
  absl::StatusOr<int> MasterPort(int fallback) const {
    if (!Has("MASTER_PORT")) return fallback;
    ASSIGN_OR_RETURN(const int64_t port,
                     Variables(env_, kPortAdvice).Number("MASTER_PORT", 1));
    if (port > 65535) {
      return absl::InvalidArgumentError(absl::StrCat(
          "MASTER_PORT is ", port, ", above 65535; ", kPortAdvice));
    }
    return static_cast<int>(port);
  }

 private:
  // Far above any cluster; keeps sums of ranks within an int.
  static constexpr int64_t kMaxRanks = 1 << 24;

  const GetEnv& env_;
  const char* advice_;
};

absl::Status ReadWorld(const Variables& env, const char* rank_name,
                       const char* size_name, RankEnvironment* ranks) {
  ASSIGN_OR_RETURN(ranks->world_size, env.Count(size_name));
  ASSIGN_OR_RETURN(ranks->rank,
                   env.Index(rank_name, size_name, ranks->world_size));
  return absl::OkStatus();
}

// `size`, of the ranks on this machine, is what `size_name` said.
absl::Status ReadLocalRank(const Variables& env, const char* rank_name,
                           const std::string& size_name, int size,
                           RankEnvironment* ranks) {
  if (size > ranks->world_size) {
    return absl::InvalidArgumentError(
        absl::StrCat(size_name, " gives this machine ", size,
                     " ranks, but there are ", ranks->world_size, " in all"));
  }
  ranks->local_size = size;
  ASSIGN_OR_RETURN(ranks->local_rank, env.Index(rank_name, size_name, size));
  return absl::OkStatus();
}

absl::StatusOr<RankEnvironment> ReadPytorch(const GetEnv& get,
                                            const char* advice) {
  const Variables env(get, advice);
  RankEnvironment ranks;
  RETURN_IF_ERROR(ReadWorld(env, "RANK", "WORLD_SIZE", &ranks));
  // Some operators start one rank on each machine and say nothing of it.
  if (env.Has("LOCAL_RANK") || env.Has("LOCAL_WORLD_SIZE")) {
    ASSIGN_OR_RETURN(const int size, env.Count("LOCAL_WORLD_SIZE"));
    RETURN_IF_ERROR(
        ReadLocalRank(env, "LOCAL_RANK", "LOCAL_WORLD_SIZE", size, &ranks));
  }
  ASSIGN_OR_RETURN(ranks.master_addr, env.Text("MASTER_ADDR"));
  ASSIGN_OR_RETURN(ranks.master_port, env.MasterPort(kDefaultMasterPort));
  ranks.launcher_serves_store =
      env.Get("TORCHELASTIC_USE_AGENT_STORE", "") == "True";
  if (env.Has("TORCHELASTIC_RESTART_COUNT")) {
    ASSIGN_OR_RETURN(const int64_t count,
                     env.Number("TORCHELASTIC_RESTART_COUNT", 0));
    ranks.restart_count = static_cast<int>(count);
  }
  ranks.run_id = env.Get("TORCHELASTIC_RUN_ID", "");
  return ranks;
}

absl::StatusOr<RankEnvironment> ReadLocal(const GetEnv& get) {
  const Variables env(get, kLocalAdvice);
  ASSIGN_OR_RETURN(const int64_t launcher,
                   env.Number("ANNEAL_LAUNCHER_PID", 1));
  ASSIGN_OR_RETURN(RankEnvironment ranks, ReadPytorch(get, kLocalAdvice));
  ranks.run_id = absl::StrCat("local.", launcher);
  if (ranks.rank == 0) {
    ASSIGN_OR_RETURN(const int64_t fd,
                     env.Number("ANNEAL_MASTER_LISTEN_FD", 0));
    ranks.master_listen_fd = static_cast<int>(fd);
    // This process's alone from here: not for programs that it starts.
    fcntl(ranks.master_listen_fd, F_SETFD, FD_CLOEXEC);
  }
  return ranks;
}

absl::Status ReadSlurmLocalRank(const Variables& env, RankEnvironment* ranks) {
  for (const char* name : {"SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE",
                           "SLURM_NTASKS_PER_NODE"}) {
    if (!env.Has(name)) continue;
    ASSIGN_OR_RETURN(const std::string list, env.Text(name));
    const auto counts = ExpandSlurmTaskCounts(list);
    if (!counts.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, ": ", counts.status().message(), "; ", kSlurmAdvice));
    }
    // --ntasks-per-node is one number for all nodes.
    int node = 0;
    if (absl::string_view(name) != "SLURM_NTASKS_PER_NODE") {
      ASSIGN_OR_RETURN(
          node, env.Index("SLURM_NODEID", absl::StrCat("the nodes of ", name),
                          counts->size()));
    }
    return ReadLocalRank(env, "SLURM_LOCALID", name, (*counts)[node], ranks);
  }
  return env.Text("SLURM_TASKS_PER_NODE").status();
}

absl::StatusOr<std::string> SlurmFirstNode(const Variables& env, int rank) {
  // A step may run on some nodes of its job only.
  const char* name =
      env.Has("SLURM_STEP_NODELIST") ? "SLURM_STEP_NODELIST" : "SLURM_NODELIST";
  ASSIGN_OR_RETURN(const std::string list, env.Text(name));
  const auto nodes = ExpandSlurmNodeList(list);
  if (!nodes.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": ", nodes.status().message(), "; ", kSlurmAdvice));
  }
  if (rank == 0 && env.Get("SLURM_NODEID", "0") != "0") {
    return absl::InvalidArgumentError(absl::StrCat(
        "SLURM_NODEID is ", env.Get("SLURM_NODEID", ""),
        " on rank 0, which the others look for on the first node, ",
        nodes->front(),
        " (is this --distribution arbitrary?); export "
        "MASTER_ADDR, the node of rank 0, to srun"));
  }
  return nodes->front();
}

absl::StatusOr<RankEnvironment> ReadSlurm(const GetEnv& get) {
  const Variables env(get, kSlurmAdvice);
  if (env.Has("OMPI_COMM_WORLD_RANK")) {
    return absl::InvalidArgumentError(
        "OMPI_COMM_WORLD_RANK is set: inside a Slurm job mpirun started this "
        "rank, not srun; use --launcher mpi");
  }
  RankEnvironment ranks;
  RETURN_IF_ERROR(ReadWorld(env, "SLURM_PROCID", "SLURM_NTASKS", &ranks));
  if (!env.Has("SLURM_STEP_ID") && ranks.world_size > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "SLURM_STEP_ID is not set, so this is the batch script's own process, "
        "not one of its ",
        ranks.world_size, " tasks; write `srun PROGRAM ...` in the script"));
  }
  RETURN_IF_ERROR(ReadSlurmLocalRank(env, &ranks));
  ASSIGN_OR_RETURN(const int64_t job, env.Number("SLURM_JOB_ID", 0));
  int64_t step = 0;
  if (env.Has("SLURM_STEP_ID")) {
    ASSIGN_OR_RETURN(step, env.Number("SLURM_STEP_ID", 0));
  }
  if (env.Has("MASTER_ADDR")) {
    ASSIGN_OR_RETURN(ranks.master_addr, env.Text("MASTER_ADDR"));
  } else {
    ASSIGN_OR_RETURN(ranks.master_addr, SlurmFirstNode(env, ranks.rank));
  }
  ASSIGN_OR_RETURN(ranks.master_port,
                   env.MasterPort(SlurmMasterPort(job, step)));
  ranks.run_id = absl::StrCat("slurm.", job, ".", step);
  return ranks;
}

absl::StatusOr<RankEnvironment> ReadMpi(const GetEnv& get) {
  const Variables env(get, kMpiAdvice);
  const bool is_hydra = env.Has("PMI_RANK") && !env.Has("OMPI_COMM_WORLD_RANK");
  RankEnvironment ranks;
  if (is_hydra) {
    RETURN_IF_ERROR(ReadWorld(env, "PMI_RANK", "PMI_SIZE", &ranks));
    ASSIGN_OR_RETURN(const int size, env.Count("MPI_LOCALNRANKS"));
    RETURN_IF_ERROR(
        ReadLocalRank(env, "MPI_LOCALRANKID", "MPI_LOCALNRANKS", size, &ranks));
  } else {
    RETURN_IF_ERROR(
        ReadWorld(env, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", &ranks));
    ASSIGN_OR_RETURN(const int size, env.Count("OMPI_COMM_WORLD_LOCAL_SIZE"));
    RETURN_IF_ERROR(ReadLocalRank(env, "OMPI_COMM_WORLD_LOCAL_RANK",
                                  "OMPI_COMM_WORLD_LOCAL_SIZE", size, &ranks));
  }
  if (env.Has("MASTER_ADDR")) {
    ASSIGN_OR_RETURN(ranks.master_addr, env.Text("MASTER_ADDR"));
  } else if (ranks.local_size != ranks.world_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "MASTER_ADDR is not set, and of ", ranks.world_size, " ranks only ",
        ranks.local_size, " are on this machine; give the host of rank 0: ",
        is_hydra ? "`mpirun -genv MASTER_ADDR HOST ...`"
                 : "`mpirun -x MASTER_ADDR=HOST ...`"));
  }
  ASSIGN_OR_RETURN(ranks.master_port, env.MasterPort(kDefaultMasterPort));
  if (env.Has("OMPI_MCA_ess_base_jobid")) {
    ranks.run_id = absl::StrCat("mpi.", env.Get("OMPI_MCA_ess_base_jobid", ""));
  }
  return ranks;
}

}  // namespace

std::optional<std::string> ProcessEnv(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt
                          : std::make_optional<std::string>(value);
}

absl::StatusOr<RankEnvironment> ReadRankEnvironment(absl::string_view launcher,
                                                    const GetEnv& env) {
  if (launcher == "none") return RankEnvironment();
  if (launcher == "pytorch") return ReadPytorch(env, kPytorchAdvice);
  if (launcher == "slurm") return ReadSlurm(env);
  if (launcher == "mpi") return ReadMpi(env);
  if (launcher == "local") return ReadLocal(env);
  return absl::InvalidArgumentError(absl::StrCat(
      "launcher \"", launcher,
      "\" is unknown; it is one of none, pytorch, slurm, mpi, local"));
}

std::string InferLauncher(const GetEnv& env) {
  if (env("WORLD_SIZE").has_value()) return "pytorch";
  if (env("OMPI_COMM_WORLD_LOCAL_RANK").has_value()) return "mpi";
  if (env("SLURM_NTASKS").has_value()) return "slurm";
  if (env("MPI_LOCALRANKID").has_value()) return "mpi";
  return "none";
}

int SlurmMasterPort(uint64_t job_id, uint64_t step_id) {
  return static_cast<int>(16384 + (61 * job_id + step_id) % 16384);
}

}  // namespace anneal::dist
