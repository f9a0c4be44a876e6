#include "tests/support/forked_processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace anneal {
namespace {

constexpr unsigned kLimitSeconds = 120;

[[noreturn]] void RunProcess(int index,
                             const std::function<int(int)>& body) noexcept {
  const int code = body(index);
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace

ForkedProcesses::ForkedProcesses(int count,
                                 const std::function<int(int)>& body) {
  std::fflush(nullptr);  // else each process prints it again
  for (int index = 0; index < count; ++index) {
    const pid_t id = fork();
    if (id < 0) {
      std::perror("fork");
      std::abort();
    }
    if (id == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      RunProcess(index, body);
    }
    ids_.push_back(id);
  }
}

ForkedProcesses::~ForkedProcesses() {
  for (const pid_t id : ids_) {
    if (id < 0) continue;
    kill(id, SIGKILL);
    waitpid(id, nullptr, 0);
  }
}

void ForkedProcesses::Signal(int index, int signal) {
  kill(ids_[index], signal);
}

int ForkedProcesses::Wait(int index) {
  int status = 0;
  waitpid(ids_[index], &status, 0);
  ids_[index] = -1;
  return status;
}

std::vector<int> RunForked(int count, const std::function<void(int)>& body) {
  ForkedProcesses processes(count, [&](int index) {
    alarm(kLimitSeconds);
    try {
      body(index);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "process " << index << " threw " << error.what();
    }
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  std::vector<int> ends;
  for (int index = 0; index < count; ++index) {
    const int status = processes.Wait(index);
    ends.push_back(WIFSIGNALED(status) ? -WTERMSIG(status)
                                       : WEXITSTATUS(status));
  }
  return ends;
}

}  // namespace anneal
