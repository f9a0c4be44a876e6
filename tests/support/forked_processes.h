// Processes of a test that do a part of it each.
#ifndef ANNEAL_TESTS_SUPPORT_FORKED_PROCESSES_H_
#define ANNEAL_TESTS_SUPPORT_FORKED_PROCESSES_H_

#include <sys/types.h>

#include <functional>
#include <vector>

namespace anneal {

// Forks processes that end with this one. Those that are left at the end are
// killed. The calling process has no other threads, so LibTorch's operators are
// left to the new ones. Dies where the system gives no process.
class ForkedProcesses {
 public:
  // Each of `count` processes runs `body(index)` and exits with what it
  // returns. What it throws ends it by SIGABRT.
  ForkedProcesses(int count, const std::function<int(int index)>& body);
  ~ForkedProcesses();
  ForkedProcesses(const ForkedProcesses&) = delete;
  ForkedProcesses& operator=(const ForkedProcesses&) = delete;

  void Signal(int index, int signal);
  // Waits for its end, as waitpid gives it; once.
  int Wait(int index);

 private:
  std::vector<pid_t> ids_;  // -1: it has ended
};

// Runs `body(index)` in `count` processes and returns how they ended: 0, 1
// where a gtest assertion failed or the body threw (which is printed), minus
// the signal. Those that have not ended after two minutes are killed.
std::vector<int> RunForked(int count,
                           const std::function<void(int index)>& body);

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_FORKED_PROCESSES_H_
