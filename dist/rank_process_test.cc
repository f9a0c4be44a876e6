#include "dist/rank_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;

// A pipe whose write end the children inherit as descriptor 9: it is at its end
// once all of them, and their children, are dead.
class Lifeline {
 public:
  Lifeline() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read_end_ = ends[0];
    EXPECT_EQ(dup2(ends[1], 9), 9);
    close(ends[1]);
  }
  ~Lifeline() { close(read_end_); }

  // What they write before they are dead.
  std::string ReadToEnd() {
    close(9);
    std::string text;
    char letter;
    while (read(read_end_, &letter, 1) == 1) text += letter;
    return text;
  }

  // The first line that they write.
  std::string ReadLine() {
    std::string line;
    char letter;
    while (read(read_end_, &letter, 1) == 1 && letter != '\n') line += letter;
    return line;
  }

 private:
  int read_end_;
};

RankProcess::Options Shell(const std::string& script) {
  RankProcess::Options options;
  options.program = "/bin/sh";
  options.args = {"sh", "-c", script};
  options.env = {"PATH=/usr/bin:/bin", "WHO=rank"};
  sigemptyset(&options.blocked_signals);
  return options;
}

std::unique_ptr<RankProcess> StartShell(const std::string& script) {
  auto process = RankProcess::Start(Shell(script));
  EXPECT_TRUE(process.ok()) << process.status();
  return std::move(*process);
}

int WaitFor(RankProcess* process) {
  siginfo_t ended = {};
  waitid(P_PID, process->pid(), &ended, WEXITED | WNOWAIT);
  const std::optional<int> status = process->Poll();
  EXPECT_TRUE(status.has_value());
  return status.value_or(-1);
}

TEST(RankProcess, RunsWithItsEnvironmentAndNoInput) {
  Lifeline lifeline;
  const auto process = StartShell("read line || echo \"$WHO\" >&9");

  EXPECT_EQ(lifeline.ReadToEnd(), "rank\n");
  EXPECT_EQ(WaitFor(process.get()), 0);
}

TEST(RankProcess, TellsItsExitCodeOnce) {
  const auto process = StartShell("exit 7");

  const int status = WaitFor(process.get());

  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_FALSE(process->is_running());
  EXPECT_EQ(process->Poll(), std::nullopt);
}

TEST(RankProcess, TellsTheSignalThatKilledIt) {
  const auto process = StartShell("kill -9 $$");

  const int status = WaitFor(process.get());

  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(RankProcess, RunsUntilItEnds) {
  Lifeline lifeline;
  const auto process = StartShell("echo up >&9; exec sleep 1000");
  lifeline.ReadLine();

  EXPECT_EQ(process->Poll(), std::nullopt);
  EXPECT_TRUE(process->is_running());
}

TEST(RankProcess, GetsSignals) {
  Lifeline lifeline;
  const auto process =
      StartShell("trap 'exit 3' TERM; echo up >&9; sleep 1000 & wait");
  lifeline.ReadLine();

  process->Send(SIGTERM);

  EXPECT_EQ(WEXITSTATUS(WaitFor(process.get())), 3);
}

TEST(RankProcess, TakesItsChildrenAlongWhenItEnds) {
  Lifeline lifeline;
  const auto process = StartShell("sleep 1000 & exit 0");

  EXPECT_EQ(WaitFor(process.get()), 0);

  EXPECT_EQ(lifeline.ReadToEnd(), "");
}

TEST(RankProcess, IsKilledWithItsChildren) {
  Lifeline lifeline;
  StartShell("trap '' TERM; sleep 1000 & wait").reset();

  EXPECT_EQ(lifeline.ReadToEnd(), "");
}

TEST(RankProcess, DiesWithItsParent) {
  Lifeline lifeline;
  const pid_t parent = fork();
  if (parent == 0) {
    const auto process = StartShell("echo up >&9; exec sleep 1000");
    for (;;) pause();
  }
  ASSERT_EQ(lifeline.ReadLine(), "up");

  kill(parent, SIGKILL);

  EXPECT_EQ(lifeline.ReadToEnd(), "");
  waitpid(parent, nullptr, 0);
}

TEST(RankProcess, InheritsOneDescriptor) {
  const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const int other = open("/dev/null", O_WRONLY | O_CLOEXEC);
  RankProcess::Options options =
      Shell("test -e /proc/self/fd/" + std::to_string(fd) +
            " && test ! -e /proc/self/fd/" + std::to_string(other));
  options.inherited_fd = fd;
  const auto process = RankProcess::Start(options);
  ASSERT_TRUE(process.ok());

  EXPECT_EQ(WaitFor(process->get()), 0);
  close(fd);
  close(other);
}

TEST(RankProcess, AMissingProgramIsNamed) {
  RankProcess::Options options = Shell("");
  options.program = "/no/program";

  const absl::Status status = RankProcess::Start(options).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(status.message(),
            "can't run /no/program: No such file or directory");
}

}  // namespace
}  // namespace anneal::dist
