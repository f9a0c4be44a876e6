#include "dist/shared_memory/forked_ranks.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace anneal::dist {

std::vector<int> RunForkedRanks(int size,
                                const std::function<void(int rank)>& body) {
  std::vector<pid_t> pids;
  for (int rank = 0; rank < size; ++rank) {
    std::fflush(nullptr);  // else each child prints it again
    const pid_t pid = fork();
    if (pid == 0) {
      try {
        body(rank);
      } catch (const std::exception& error) {
        ADD_FAILURE() << "rank " << rank << " threw " << error.what();
      }
      std::fflush(nullptr);
      _exit(testing::Test::HasFailure() ? 1 : 0);
    }
    pids.push_back(pid);
  }
  std::vector<int> ends;
  for (const pid_t pid : pids) {
    int status = 0;
    waitpid(pid, &status, 0);
    ends.push_back(WIFSIGNALED(status) ? -WTERMSIG(status)
                                       : WEXITSTATUS(status));
  }
  return ends;
}

}  // namespace anneal::dist
