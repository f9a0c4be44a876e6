#include "dist/rank_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

namespace anneal::dist {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Env = std::map<std::string, std::string>;

GetEnv Getter(const Env& env) {
  return [env](const char* name) -> std::optional<std::string> {
    const auto it = env.find(name);
    if (it == env.end()) return std::nullopt;
    return it->second;
  };
}

// What torchrun of torch 2.11 sets for the last of four ranks on two machines.
Env Torchrun() {
  return {{"GROUP_RANK", "1"},
          {"GROUP_WORLD_SIZE", "2"},
          {"LOCAL_RANK", "1"},
          {"LOCAL_WORLD_SIZE", "2"},
          {"MASTER_ADDR", "10.0.0.1"},
          {"MASTER_PORT", "41237"},
          {"RANK", "3"},
          {"ROLE_NAME", "default"},
          {"ROLE_RANK", "3"},
          {"ROLE_WORLD_SIZE", "4"},
          {"TORCHELASTIC_ERROR_FILE", "/tmp/torchelastic/error.json"},
          {"TORCHELASTIC_MAX_RESTARTS", "3"},
          {"TORCHELASTIC_RESTART_COUNT", "2"},
          {"TORCHELASTIC_RUN_ID", "a7c"},
          {"TORCHELASTIC_USE_AGENT_STORE", "True"},
          {"TORCH_NCCL_ASYNC_ERROR_HANDLING", "1"},
          {"WORLD_SIZE", "4"}};
}

// What srun of Slurm 22.05 sets for the last of three tasks in a step on two
// of a job's four nodes.
Env Srun() {
  return {{"SLURMD_NODENAME", "n03"},     {"SLURM_GTIDS", "2"},
          {"SLURM_JOB_ID", "1234"},       {"SLURM_JOB_NODELIST", "n[01-04]"},
          {"SLURM_LOCALID", "0"},         {"SLURM_NODEID", "1"},
          {"SLURM_NODELIST", "n[01-04]"}, {"SLURM_NPROCS", "3"},
          {"SLURM_NTASKS", "3"},          {"SLURM_PROCID", "2"},
          {"SLURM_STEP_ID", "5"},         {"SLURM_STEP_NODELIST", "n[02-03]"},
          {"SLURM_STEP_NUM_TASKS", "3"},  {"SLURM_STEP_TASKS_PER_NODE", "2,1"},
          {"SLURM_TASKS_PER_NODE", "2,1"}};
}

// OpenMPI 4.1's mpirun, the second of two ranks on one machine.
Env Openmpi() {
  return {{"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
          {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
          {"OMPI_COMM_WORLD_NODE_RANK", "1"},
          {"OMPI_COMM_WORLD_RANK", "1"},
          {"OMPI_COMM_WORLD_SIZE", "2"},
          {"OMPI_MCA_ess_base_jobid", "163905537"}};
}

// MPICH 4.0's mpirun, as above.
Env Mpich() {
  return {{"MPI_LOCALNRANKS", "2"},
          {"MPI_LOCALRANKID", "1"},
          {"PMI_FD", "8"},
          {"PMI_RANK", "1"},
          {"PMI_SIZE", "2"}};
}

// What RunLocalRanks gives rank 0 of two.
Env Local() {
  return {{"ANNEAL_LAUNCHER_PID", "77"},
          {"ANNEAL_MASTER_LISTEN_FD", "5"},
          {"LOCAL_RANK", "0"},
          {"LOCAL_WORLD_SIZE", "2"},
          {"MASTER_ADDR", "127.0.0.1"},
          {"MASTER_PORT", "4000"},
          {"RANK", "0"},
          {"WORLD_SIZE", "2"}};
}

// `env` with the changes; a value of "-" removes the variable.
Env With(Env env, const Env& changes) {
  for (const auto& [name, value] : changes) {
    if (value == "-") {
      env.erase(name);
    } else {
      env[name] = value;
    }
  }
  return env;
}

RankEnvironment Read(const char* launcher, const Env& env) {
  const auto ranks = ReadRankEnvironment(launcher, Getter(env));
  EXPECT_TRUE(ranks.ok()) << ranks.status();
  return ranks.value_or(RankEnvironment());
}

TEST(RankEnvironment, OfTorchrun) {
  const RankEnvironment ranks = Read("pytorch", Torchrun());

  EXPECT_EQ(ranks.rank, 3);
  EXPECT_EQ(ranks.world_size, 4);
  EXPECT_EQ(ranks.local_rank, 1);
  EXPECT_EQ(ranks.local_size, 2);
  EXPECT_EQ(ranks.master_addr, "10.0.0.1");
  EXPECT_EQ(ranks.master_port, 41237);
  EXPECT_TRUE(ranks.launcher_serves_store);
  EXPECT_EQ(ranks.restart_count, 2);
  EXPECT_EQ(ranks.run_id, "a7c");
  EXPECT_EQ(ranks.master_listen_fd, -1);
}

TEST(RankEnvironment, OfAnOperatorThatStartsARankOnEachMachine) {
  const RankEnvironment ranks = Read(
      "pytorch",
      {{"MASTER_ADDR", "job-master-0"}, {"RANK", "1"}, {"WORLD_SIZE", "2"}});

  EXPECT_EQ(ranks.local_rank, 0);
  EXPECT_EQ(ranks.local_size, 1);
  EXPECT_EQ(ranks.master_port, kDefaultMasterPort);
  EXPECT_FALSE(ranks.launcher_serves_store);
  EXPECT_EQ(ranks.restart_count, 0);
  EXPECT_EQ(ranks.run_id, "");
}

TEST(RankEnvironment, OfSrun) {
  const RankEnvironment ranks = Read("slurm", Srun());

  EXPECT_EQ(ranks.rank, 2);
  EXPECT_EQ(ranks.world_size, 3);
  EXPECT_EQ(ranks.local_rank, 0);
  EXPECT_EQ(ranks.local_size, 1);
  EXPECT_EQ(ranks.master_addr, "n02");
  // 61 * 1234 + 5 is 75279, four times 16384 and 9743.
  EXPECT_EQ(ranks.master_port, 16384 + 9743);
  EXPECT_EQ(ranks.run_id, "slurm.1234.5");
}

TEST(RankEnvironment, OfSrunWithAMaster) {
  const RankEnvironment ranks =
      Read("slurm", With(Srun(), {{"MASTER_ADDR", "n01-ib0"},
                                  {"MASTER_PORT", "12345"},
                                  {"SLURM_STEP_NODELIST", "-"}}));

  EXPECT_EQ(ranks.master_addr, "n01-ib0");
  EXPECT_EQ(ranks.master_port, 12345);
}

TEST(RankEnvironment, OfSlurmsJobWhereTheStepSaysNothing) {
  const RankEnvironment ranks =
      Read("slurm", With(Srun(), {{"SLURM_STEP_NODELIST", "-"},
                                  {"SLURM_STEP_TASKS_PER_NODE", "-"},
                                  {"SLURM_TASKS_PER_NODE", "-"},
                                  {"SLURM_NTASKS_PER_NODE", "2"}}));

  EXPECT_EQ(ranks.local_size, 2);
  EXPECT_EQ(ranks.master_addr, "n01");
}

TEST(RankEnvironment, OfABatchScriptOfOneTask) {
  const RankEnvironment ranks = Read("slurm", {{"SLURM_JOB_ID", "9"},
                                               {"SLURM_LOCALID", "0"},
                                               {"SLURM_NODEID", "0"},
                                               {"SLURM_NODELIST", "n7"},
                                               {"SLURM_NTASKS", "1"},
                                               {"SLURM_PROCID", "0"},
                                               {"SLURM_TASKS_PER_NODE", "1"}});

  EXPECT_EQ(ranks.world_size, 1);
  EXPECT_EQ(ranks.master_addr, "n7");
}

TEST(RankEnvironment, OfOpenmpi) {
  const RankEnvironment ranks = Read("mpi", Openmpi());

  EXPECT_EQ(ranks.rank, 1);
  EXPECT_EQ(ranks.world_size, 2);
  EXPECT_EQ(ranks.local_rank, 1);
  EXPECT_EQ(ranks.local_size, 2);
  EXPECT_EQ(ranks.master_addr, "127.0.0.1");
  EXPECT_EQ(ranks.master_port, kDefaultMasterPort);
  EXPECT_EQ(ranks.run_id, "mpi.163905537");
}

TEST(RankEnvironment, OfMpich) {
  const RankEnvironment ranks = Read("mpi", Mpich());

  EXPECT_EQ(ranks.rank, 1);
  EXPECT_EQ(ranks.world_size, 2);
  EXPECT_EQ(ranks.local_rank, 1);
  EXPECT_EQ(ranks.local_size, 2);
  EXPECT_EQ(ranks.master_addr, "127.0.0.1");
  EXPECT_EQ(ranks.run_id, "");
}

TEST(RankEnvironment, OfMpiOnSeveralMachines) {
  const RankEnvironment ranks =
      Read("mpi", With(Openmpi(), {{"OMPI_COMM_WORLD_SIZE", "4"},
                                   {"MASTER_ADDR", "first"},
                                   {"MASTER_PORT", "65535"}}));

  EXPECT_EQ(ranks.master_addr, "first");
  EXPECT_EQ(ranks.master_port, 65535);
}

TEST(RankEnvironment, OfOurOwnLauncher) {
  const RankEnvironment ranks = Read("local", Local());

  EXPECT_EQ(ranks.world_size, 2);
  EXPECT_EQ(ranks.master_port, 4000);
  EXPECT_EQ(ranks.master_listen_fd, 5);
  EXPECT_EQ(ranks.run_id, "local.77");
  EXPECT_EQ(Read("local", With(Local(), {{"RANK", "1"}})).master_listen_fd, -1);
}

TEST(RankEnvironment, OfNoLauncher) {
  const RankEnvironment ranks = Read("none", Torchrun());

  EXPECT_EQ(ranks.rank, 0);
  EXPECT_EQ(ranks.world_size, 1);
}

struct ErrorCase {
  const char* name;
  const char* launcher;
  Env env;
  std::vector<std::string> words;
};

class RankEnvironmentError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(RankEnvironmentError, NamesTheVariableAndTheRemedy) {
  const ErrorCase& expected = GetParam();
  const absl::Status status =
      ReadRankEnvironment(expected.launcher, Getter(expected.env)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const std::string& words : expected.words) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }
}

constexpr char kTorchrun[] =
    "torchrun sets it: start with `torchrun --no-python --nproc-per-node 2 "
    "PROGRAM ...`, or use --launcher local --nproc 2";
constexpr char kSrun[] = "srun sets it: start with `srun --ntasks 2 PROGRAM";
constexpr char kMpirun[] = "mpirun sets it: start with `mpirun -np 2 PROGRAM";

INSTANTIATE_TEST_SUITE_P(
    Pytorch, RankEnvironmentError,
    ::testing::Values(
        ErrorCase{
            "Nothing", "pytorch", {}, {"WORLD_SIZE is not set; ", kTorchrun}},
        ErrorCase{"NoRank",
                  "pytorch",
                  With(Torchrun(), {{"RANK", "-"}}),
                  {"RANK is not set; ", kTorchrun}},
        ErrorCase{"EmptyRank",
                  "pytorch",
                  With(Torchrun(), {{"RANK", ""}}),
                  {"RANK is empty; ", kTorchrun}},
        ErrorCase{"RankOfLetters",
                  "pytorch",
                  With(Torchrun(), {{"RANK", "two"}}),
                  {"RANK is \"two\", no whole number", kTorchrun}},
        ErrorCase{"RealRank",
                  "pytorch",
                  With(Torchrun(), {{"RANK", "1.0"}}),
                  {"RANK is \"1.0\", no whole number"}},
        ErrorCase{"NegativeRank",
                  "pytorch",
                  With(Torchrun(), {{"RANK", "-1"}}),
                  {"RANK is \"-1\", no whole number of at least 0"}},
        ErrorCase{"RankTooLarge",
                  "pytorch",
                  With(Torchrun(), {{"RANK", "4"}}),
                  {"RANK is 4, not below WORLD_SIZE, which is 4"}},
        ErrorCase{"EmptyWorld",
                  "pytorch",
                  With(Torchrun(), {{"WORLD_SIZE", "0"}}),
                  {"WORLD_SIZE is \"0\", no whole number of at least 1"}},
        ErrorCase{"HugeWorld",
                  "pytorch",
                  With(Torchrun(), {{"WORLD_SIZE", "3000000000"}}),
                  {"WORLD_SIZE is 3000000000, more than"}},
        ErrorCase{"NoLocalRank",
                  "pytorch",
                  With(Torchrun(), {{"LOCAL_RANK", "-"}}),
                  {"LOCAL_RANK is not set; ", kTorchrun}},
        ErrorCase{"NoLocalSize",
                  "pytorch",
                  With(Torchrun(), {{"LOCAL_WORLD_SIZE", "-"}}),
                  {"LOCAL_WORLD_SIZE is not set; ", kTorchrun}},
        ErrorCase{"LocalRankTooLarge",
                  "pytorch",
                  With(Torchrun(), {{"LOCAL_RANK", "2"}}),
                  {"LOCAL_RANK is 2, not below LOCAL_WORLD_SIZE, which is 2"}},
        ErrorCase{"LocalSizeTooLarge",
                  "pytorch",
                  With(Torchrun(), {{"LOCAL_WORLD_SIZE", "5"}}),
                  {"LOCAL_WORLD_SIZE gives this machine 5 ranks, but there "
                   "are 4 in all"}},
        ErrorCase{"NoMaster",
                  "pytorch",
                  With(Torchrun(), {{"MASTER_ADDR", "-"}}),
                  {"MASTER_ADDR is not set; ", kTorchrun}},
        ErrorCase{"PortTooLarge",
                  "pytorch",
                  With(Torchrun(), {{"MASTER_PORT", "65536"}}),
                  {"MASTER_PORT is 65536, above 65535; give the same free "
                   "port on every rank"}},
        ErrorCase{"PortZero",
                  "pytorch",
                  With(Torchrun(), {{"MASTER_PORT", "0"}}),
                  {"MASTER_PORT is \"0\", no whole number of at least 1"}},
        ErrorCase{"PortEmpty",
                  "pytorch",
                  With(Torchrun(), {{"MASTER_PORT", ""}}),
                  {"MASTER_PORT is empty; give the same free port"}},
        ErrorCase{"Restarts",
                  "pytorch",
                  With(Torchrun(), {{"TORCHELASTIC_RESTART_COUNT", "x"}}),
                  {"TORCHELASTIC_RESTART_COUNT is \"x\""}}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Slurm, RankEnvironmentError,
    ::testing::Values(
        ErrorCase{"Nothing", "slurm", {}, {"SLURM_NTASKS is not set; ", kSrun}},
        ErrorCase{"NoProcid",
                  "slurm",
                  With(Srun(), {{"SLURM_PROCID", "-"}}),
                  {"SLURM_PROCID is not set; ", kSrun}},
        ErrorCase{"NoLocalid",
                  "slurm",
                  With(Srun(), {{"SLURM_LOCALID", "-"}}),
                  {"SLURM_LOCALID is not set; ", kSrun}},
        ErrorCase{"LocalidTooLarge",
                  "slurm",
                  With(Srun(), {{"SLURM_LOCALID", "1"}}),
                  {"SLURM_LOCALID is 1, not below SLURM_STEP_TASKS_PER_NODE, "
                   "which is 1"}},
        ErrorCase{"NodeidTooLarge",
                  "slurm",
                  With(Srun(), {{"SLURM_NODEID", "2"}}),
                  {"SLURM_NODEID is 2, not below the nodes of "
                   "SLURM_STEP_TASKS_PER_NODE, which is 2"}},
        ErrorCase{"NoTasks",
                  "slurm",
                  With(Srun(), {{"SLURM_STEP_TASKS_PER_NODE", "-"},
                                {"SLURM_TASKS_PER_NODE", "-"}}),
                  {"SLURM_TASKS_PER_NODE is not set; ", kSrun}},
        ErrorCase{"WrongTasks",
                  "slurm",
                  With(Srun(), {{"SLURM_STEP_TASKS_PER_NODE", "2,x"}}),
                  {"SLURM_STEP_TASKS_PER_NODE: \"2,x\", character 3", kSrun}},
        ErrorCase{"NoNodes",
                  "slurm",
                  With(Srun(),
                       {{"SLURM_STEP_NODELIST", "-"}, {"SLURM_NODELIST", "-"}}),
                  {"SLURM_NODELIST is not set; ", kSrun}},
        ErrorCase{"WrongNodes",
                  "slurm",
                  With(Srun(), {{"SLURM_STEP_NODELIST", "n[1"}}),
                  {"SLURM_STEP_NODELIST: \"n[1\", character 4", kSrun}},
        ErrorCase{"NoJob",
                  "slurm",
                  With(Srun(), {{"SLURM_JOB_ID", "-"}}),
                  {"SLURM_JOB_ID is not set; ", kSrun}},
        ErrorCase{"BatchScriptOfSeveralTasks",
                  "slurm",
                  With(Srun(), {{"SLURM_STEP_ID", "-"}}),
                  {"SLURM_STEP_ID is not set", "not one of its 3 tasks",
                   "`srun PROGRAM ...`"}},
        ErrorCase{"RankZeroElsewhere",
                  "slurm",
                  With(Srun(), {{"SLURM_PROCID", "0"}}),
                  {"SLURM_NODEID is 1 on rank 0", "first node, n02",
                   "export MASTER_ADDR"}},
        ErrorCase{"StartedByMpirun",
                  "slurm",
                  With(Srun(), {{"OMPI_COMM_WORLD_RANK", "0"}}),
                  {"OMPI_COMM_WORLD_RANK is set", "--launcher mpi"}}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Mpi, RankEnvironmentError,
    ::testing::Values(
        ErrorCase{"Nothing",
                  "mpi",
                  {},
                  {"OMPI_COMM_WORLD_SIZE is not set; ", kMpirun}},
        ErrorCase{"NoRank",
                  "mpi",
                  With(Openmpi(), {{"OMPI_COMM_WORLD_RANK", "-"}}),
                  {"OMPI_COMM_WORLD_RANK is not set; ", kMpirun}},
        ErrorCase{"NoLocalSize",
                  "mpi",
                  With(Openmpi(), {{"OMPI_COMM_WORLD_LOCAL_SIZE", "-"}}),
                  {"OMPI_COMM_WORLD_LOCAL_SIZE is not set; ", kMpirun}},
        ErrorCase{"NoLocalRank",
                  "mpi",
                  With(Mpich(), {{"MPI_LOCALRANKID", "-"}}),
                  {"MPI_LOCALRANKID is not set; ", kMpirun}},
        ErrorCase{"MpichRank",
                  "mpi",
                  With(Mpich(), {{"PMI_RANK", "2"}}),
                  {"PMI_RANK is 2, not below PMI_SIZE, which is 2"}},
        ErrorCase{"NoMaster",
                  "mpi",
                  With(Openmpi(), {{"OMPI_COMM_WORLD_SIZE", "4"}}),
                  {"MASTER_ADDR is not set, and of 4 ranks only 2",
                   "`mpirun -x MASTER_ADDR=HOST ...`"}},
        ErrorCase{"NoMpichMaster",
                  "mpi",
                  With(Mpich(), {{"PMI_SIZE", "4"}}),
                  {"`mpirun -genv MASTER_ADDR HOST ...`"}},
        ErrorCase{"EmptyMaster",
                  "mpi",
                  With(Mpich(), {{"MASTER_ADDR", ""}}),
                  {"MASTER_ADDR is empty"}}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Other, RankEnvironmentError,
    ::testing::Values(
        ErrorCase{"LocalWithoutItsLauncher",
                  "local",
                  Torchrun(),
                  {"ANNEAL_LAUNCHER_PID is not set; --launcher local --nproc N "
                   "sets it"}},
        ErrorCase{"LocalWithoutItsSocket",
                  "local",
                  With(Local(), {{"ANNEAL_MASTER_LISTEN_FD", "-"}}),
                  {"ANNEAL_MASTER_LISTEN_FD is not set; "}},
        ErrorCase{"LocalWithoutARank",
                  "local",
                  With(Local(), {{"RANK", "-"}}),
                  {"RANK is not set; --launcher local --nproc N"}},
        ErrorCase{"Unknown",
                  "torchrun",
                  Torchrun(),
                  {"launcher \"torchrun\" is unknown",
                   "none, pytorch, slurm, mpi, local"}}),
    [](const auto& info) { return info.param.name; });

TEST(InferLauncher, GoesByTheVariables) {
  EXPECT_EQ(InferLauncher(Getter({})), "none");
  EXPECT_EQ(InferLauncher(Getter(Torchrun())), "pytorch");
  EXPECT_EQ(InferLauncher(Getter(Srun())), "slurm");
  EXPECT_EQ(InferLauncher(Getter(Openmpi())), "mpi");
  EXPECT_EQ(InferLauncher(Getter(Mpich())), "mpi");
}

TEST(InferLauncher, TakesTheInnermostOfSeveral) {
  EXPECT_EQ(InferLauncher(Getter(With(Srun(), Torchrun()))), "pytorch");
  EXPECT_EQ(InferLauncher(Getter(With(Srun(), Openmpi()))), "mpi");
}

TEST(InferLauncher, ReadsTheProcessesOwnEnvironment) {
  unsetenv("WORLD_SIZE");
  EXPECT_NE(InferLauncher(), "pytorch");
  setenv("WORLD_SIZE", "1", 1);
  EXPECT_EQ(InferLauncher(), "pytorch");
  unsetenv("WORLD_SIZE");
}

TEST(SlurmMasterPort, DiffersAmongStepsThatMayRunTogether) {
  std::set<int> ports;
  for (uint64_t job = 1000000; job < 1000100; ++job) {
    for (uint64_t step = 0; step < 61; ++step) {
      ports.insert(SlurmMasterPort(job, step));
    }
  }

  EXPECT_EQ(ports.size(), 100 * 61);
  EXPECT_GE(*ports.begin(), 16384);
  EXPECT_LT(*ports.rbegin(), 32768);
  // An interactive step has a number near the top of 32 bits.
  EXPECT_GE(SlurmMasterPort(4294967295, 4294967290), 16384);
}

}  // namespace
}  // namespace anneal::dist
