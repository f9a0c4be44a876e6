#include "tests/support/ranks.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dist/process_group_communicator.h"

namespace anneal {
namespace {

constexpr absl::Duration kLimit = absl::Minutes(2);

// The body of a rank's process: what it ends with.
int RunAsRank(const dist::GroupOptions& options,
              absl::FunctionRef<void(const dist::GroupOptions&)> body) {
  try {
    at::set_num_threads(1);
    body(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rank %d threw: %s\n", options.rank, error.what());
    return 3;
  }
  return ::testing::Test::HasFailure() ? 1 : 0;
}

std::string Outcome(int status) {
  if (WIFSIGNALED(status)) {
    return absl::StrCat("was killed by signal ", WTERMSIG(status));
  }
  return absl::StrCat("ended with ", WEXITSTATUS(status));
}

}  // namespace

void RunProcesses(int world_size,
                  absl::FunctionRef<void(const dist::GroupOptions&)> body) {
  static int calls = 0;
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/ranks.", getpid(), ".", calls++);
  std::vector<pid_t> processes;
  for (int rank = 0; rank < world_size; ++rank) {
    const pid_t process = fork();
    ASSERT_GE(process, 0);
    if (process > 0) {
      processes.push_back(process);
      continue;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dist::GroupOptions options;
    options.store = c10::make_intrusive<c10d::FileStore>(path, world_size);
    options.rank = rank;
    options.world_size = world_size;
    options.timeout = kLimit / 2;
    options.host = "127.0.0.1";
    const int code = RunAsRank(options, body);
    std::fflush(nullptr);
    _exit(code);
  }
  const absl::Time deadline = absl::Now() + kLimit;
  for (int rank = 0; rank < world_size; ++rank) {
    int status = 0;
    while (waitpid(processes[rank], &status, WNOHANG) == 0) {
      if (absl::Now() > deadline) kill(processes[rank], SIGKILL);
      absl::SleepFor(absl::Milliseconds(2));
    }
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
        << "rank " << rank << " " << Outcome(status);
  }
  unlink(path.c_str());
}

void RunRanks(int world_size, absl::FunctionRef<void(dist::Communicator&)> body,
              const std::string& backend) {
  RunProcesses(world_size, [&](const dist::GroupOptions& options) {
    auto communicator = dist::MakeCommunicator(backend, options, options.rank,
                                               options.world_size);
    ASSERT_TRUE(communicator.ok()) << communicator.status();
    body(**communicator);
  });
}

}  // namespace anneal
