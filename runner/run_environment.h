// What a run sets in its process: seed and threads.
#ifndef ANNEAL_RUNNER_RUN_ENVIRONMENT_H_
#define ANNEAL_RUNNER_RUN_ENVIRONMENT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/runner.pb.h"
#include "dist/communicator.h"
#include "utils/value.h"

namespace anneal {

// The seed that all ranks share: that of `resumed`, the checkpoint a run goes
// on from (null: none), with a warning where the config asks for another; else
// the config's; else one drawn on the main rank. InvalidArgument outside of
// [0, 2^32).
absl::StatusOr<int64_t> ChooseSeed(const Randomness& config,
                                   const Dict* resumed,
                                   dist::Communicator* communicator);

// Raises this process' limit of open files to `wanted`, as far as the system
// lets it: a loader of many files and the connections of many ranks take more
// than the 1024 that systems often start with. InvalidArgument below 1.
absl::Status RaiseOpenFilesLimit(int32_t wanted);

// Seeds this process' generators (seed + rank with diff_rank_seed), sets
// whether cuDNN times its algorithms (never with deterministic) and the threads
// of an operator. InvalidArgument for fewer than one thread.
absl::Status ApplyEnvironment(const RunnerConfig& config, int64_t seed,
                              int rank);

// mmengine's environment block of the log.
std::string DescribeEnvironment(const RunnerConfig& config, int64_t seed,
                                const dist::Communicator& communicator);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_RUN_ENVIRONMENT_H_
