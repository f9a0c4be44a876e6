#include "dist/shared_memory/process_watch.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace anneal::dist {
namespace {

// A process that waits to be killed.
pid_t StartProcess() {
  const pid_t pid = fork();
  if (pid == 0) {
    while (true) pause();
  }
  return pid;
}

// Returns once `pid` has ended; it stays a zombie.
void AwaitEnd(pid_t pid) {
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
}

TEST(ProcessWatch, SeesALivingProcess) {
  const pid_t pid = StartProcess();
  const ProcessWatch watch(pid);

  EXPECT_FALSE(watch.HasEnded());
  EXPECT_EQ(watch.pid(), pid);

  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

TEST(ProcessWatch, SeesTheEndBeforeAnyoneReapsIt) {
  const pid_t pid = StartProcess();
  const ProcessWatch watch(pid);

  kill(pid, SIGKILL);
  AwaitEnd(pid);

  EXPECT_TRUE(watch.HasEnded());
  waitpid(pid, nullptr, 0);
  EXPECT_TRUE(watch.HasEnded());
}

TEST(ProcessWatch, OfAProcessThatIsGoneHasEnded) {
  const pid_t pid = StartProcess();
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);

  EXPECT_TRUE(ProcessWatch(pid).HasEnded());
}

}  // namespace
}  // namespace anneal::dist
