#include "dist/local_launcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "dist/rank_environment.h"

namespace anneal::dist {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Ranks that are shell scripts; descriptor 9 is the write end of a pipe that
// the test reads, at its end once all ranks and their children are dead.
class LocalLauncher : public ::testing::Test {
 protected:
  LocalLauncher() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read_end_ = ends[0];
    EXPECT_EQ(dup2(ends[1], 9), 9);
    close(ends[1]);
  }
  ~LocalLauncher() override { close(read_end_); }

  // The path of a fifo, made at the first call.
  static std::string Fifo() {
    const std::string path = ::testing::TempDir() + "fifo";
    mkfifo(path.c_str(), 0600);
    return path;
  }

  static LocalLaunchOptions Ranks(int num_ranks, const std::string& script) {
    LocalLaunchOptions options;
    options.num_ranks = num_ranks;
    options.program = "/bin/sh";
    options.args = {"sh", "-c", script};
    return options;
  }

  // The exit code of the launcher, whose words are in said_.
  int Run(const LocalLaunchOptions& options) {
    ::testing::internal::CaptureStderr();
    const auto code = RunLocalRanks(options);
    said_ = ::testing::internal::GetCapturedStderr();
    EXPECT_TRUE(code.ok()) << code.status();
    return code.value_or(-1);
  }

  // A launcher in a process of its own, whose words come with the ranks'.
  static pid_t Fork(const LocalLaunchOptions& options) {
    const pid_t launcher = fork();
    if (launcher == 0) {
      dup2(9, STDERR_FILENO);
      _exit(RunLocalRanks(options).value_or(99));
    }
    return launcher;
  }

  static int ExitCodeOf(pid_t pid) {
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::vector<std::string> ReadLines(int count) {
    std::vector<std::string> lines;
    std::string line;
    char letter;
    while (static_cast<int>(lines.size()) < count &&
           read(read_end_, &letter, 1) == 1) {
      if (letter != '\n') {
        line += letter;
        continue;
      }
      lines.push_back(line);
      line.clear();
    }
    return lines;
  }

  // Waits for the last of the ranks and their children to be dead.
  std::vector<std::string> ReadToEnd() {
    close(9);
    return ReadLines(1000);
  }

  std::string said_;

 private:
  int read_end_;
};

TEST_F(LocalLauncher, TellsEachRankItsPlace) {
  EXPECT_EQ(Run(Ranks(3,
                      "echo $RANK $WORLD_SIZE $LOCAL_RANK $LOCAL_WORLD_SIZE "
                      "$MASTER_ADDR $((ANNEAL_LAUNCHER_PID == PPID)) >&9")),
            0);

  EXPECT_THAT(ReadToEnd(),
              UnorderedElementsAre("0 3 0 3 127.0.0.1 1", "1 3 1 3 127.0.0.1 1",
                                   "2 3 2 3 127.0.0.1 1"));
  EXPECT_EQ(said_, "");
}

TEST_F(LocalLauncher, GivesRankZeroTheSocketThatListens) {
  // The second file of a line in /proc/net/tcp is the address, the fourth the
  // state (0A: it listens), the tenth the socket's number.
  const int code = Run(Ranks(2, R"(
    [ $RANK = 1 ] && { [ -z "$ANNEAL_MASTER_LISTEN_FD" ]; exit; }
    socket=$(readlink /proc/self/fd/$ANNEAL_MASTER_LISTEN_FD)
    port=$(printf %04X $MASTER_PORT)
    while read n address remote state a b c d e number rest; do
      [ "$address" = 0100007F:$port ] && [ $state = 0A ] &&
        [ "socket:[$number]" = "$socket" ] && exit 0
    done </proc/net/tcp
    exit 1)"));

  EXPECT_EQ(code, 0) << said_;
}

TEST_F(LocalLauncher, SharesTheCoresOut) {
  unsetenv("OMP_NUM_THREADS");
  cpu_set_t cores;
  sched_getaffinity(0, sizeof(cores), &cores);
  const int share = std::max(1, CPU_COUNT(&cores) / 2);

  EXPECT_EQ(Run(Ranks(2, "echo $OMP_NUM_THREADS >&9")), 0);

  EXPECT_THAT(ReadLines(2),
              ElementsAre(absl::StrCat(share), absl::StrCat(share)));
  setenv("OMP_NUM_THREADS", "7", 1);
  EXPECT_EQ(Run(Ranks(2, "echo $OMP_NUM_THREADS >&9")), 0);
  EXPECT_THAT(ReadToEnd(), ElementsAre("7", "7"));
}

TEST_F(LocalLauncher, HidesWhatAnotherLauncherSaid) {
  setenv("TORCHELASTIC_USE_AGENT_STORE", "True", 1);
  setenv("RANK", "5", 1);
  setenv("KEPT", "a=b", 1);

  EXPECT_EQ(Run(Ranks(1,
                      "echo ${TORCHELASTIC_USE_AGENT_STORE-none} $KEPT "
                      "$(env | grep -c ^RANK=) >&9")),
            0);

  EXPECT_THAT(ReadToEnd(), ElementsAre("none a=b 1"));
  unsetenv("TORCHELASTIC_USE_AGENT_STORE");
  unsetenv("RANK");
}

TEST_F(LocalLauncher, ReturnsTheExitCodeOfTheRankThatFails) {
  EXPECT_EQ(Run(Ranks(3, "[ $RANK != 1 ] || exit 7")), 7);

  EXPECT_THAT(said_, ContainsRegex("rank 1 \\(pid [0-9]+\\) ended first, with "
                                   "exit code 7\n$"));
}

TEST_F(LocalLauncher, NamesTheSignalThatKillsARank) {
  EXPECT_EQ(Run(Ranks(2, "[ $RANK != 1 ] || kill -SEGV $$")), 139);

  EXPECT_THAT(said_, HasSubstr("rank 1"));
  EXPECT_THAT(said_, HasSubstr("killed by signal 11 (Segmentation fault)\n"));
}

TEST_F(LocalLauncher, SuspectsTheMemoryWhereARankIsKilled) {
  EXPECT_EQ(Run(Ranks(2, "[ $RANK != 0 ] || kill -KILL $$")), 137);

  EXPECT_THAT(said_, HasSubstr("rank 0"));
  EXPECT_THAT(said_, HasSubstr("killed by signal 9 (Killed), as the system "
                               "does when memory runs out"));
}

TEST_F(LocalLauncher, TellsTheFirstFailureOnly) {
  // Rank 0 sees the end of the fifo when rank 1 is dead.
  EXPECT_EQ(Run(Ranks(2, absl::StrCat("if [ $RANK = 1 ]; then exec 8>", Fifo(),
                                      "; kill -KILL $$; fi; cat <", Fifo(),
                                      "; exit 5"))),
            137);

  EXPECT_THAT(said_, HasSubstr("rank 1"));
  EXPECT_THAT(said_, Not(HasSubstr("exit code 5")));
}

TEST_F(LocalLauncher, LetsTheOthersEndByThemselves) {
  EXPECT_EQ(Run(Ranks(2, absl::StrCat("if [ $RANK = 1 ]; then exec 8>", Fifo(),
                                      "; exit 7; fi; trap 'echo asked >&9' "
                                      "TERM; cat <",
                                      Fifo(), "; echo by itself >&9"))),
            7);

  EXPECT_THAT(ReadToEnd(), ElementsAre("by itself"));
}

TEST_F(LocalLauncher, AsksTheOthersAfterTheTimeoutAndThenKillsThem) {
  // Rank 0 fails when both others are ready; rank 2 does not end when asked.
  LocalLaunchOptions options = Ranks(3, absl::StrCat("exec 8<>", Fifo(), R"(
    [ $RANK = 0 ] && { read one <&8; read other <&8; exit 7; }
    trap 'echo asked $RANK >&9; [ $RANK = 2 ] || exit 0' TERM
    echo up >&8
    while :; do sleep 1000 & wait; done)"));
  options.failure_timeout = absl::Milliseconds(20);
  options.kill_timeout = absl::Milliseconds(500);

  EXPECT_EQ(Run(options), 7);

  EXPECT_THAT(ReadToEnd(), UnorderedElementsAre("asked 1", "asked 2"));
  EXPECT_THAT(said_, HasSubstr("rank 0"));
  EXPECT_THAT(said_, HasSubstr("exit code 7; ended, as they had not within "
                               "20ms: rank 1, 2\n"));
}

class LocalLauncherSignal : public LocalLauncher,
                            public ::testing::WithParamInterface<const char*> {
 protected:
  static int Signal() {
    return std::string(GetParam()) == "INT" ? SIGINT : SIGTERM;
  }
};

TEST_P(LocalLauncherSignal, GoesToEveryRankEachTimeItComes) {
  const pid_t launcher = Fork(Ranks(2, absl::StrCat(R"(
    trap 'n=$((n + 1)); echo $RANK $n >&9; [ $n = 1 ] || exit 130' )",
                                                    GetParam(), R"(
    echo up >&9
    while :; do sleep 1000 & wait; done)")));
  EXPECT_THAT(ReadLines(2), ElementsAre("up", "up"));

  kill(launcher, Signal());
  EXPECT_THAT(ReadLines(2), UnorderedElementsAre("0 1", "1 1"));
  kill(launcher, Signal());

  // Nothing more is said: it is no failure.
  EXPECT_EQ(ExitCodeOf(launcher), 130);
  EXPECT_THAT(ReadToEnd(), UnorderedElementsAre("0 2", "1 2"));
}

TEST_P(LocalLauncherSignal, EndsRanksThatDoNotHandleIt) {
  const pid_t launcher = Fork(Ranks(2, "echo up >&9; exec sleep 1000"));
  EXPECT_THAT(ReadLines(2), ElementsAre("up", "up"));

  kill(launcher, Signal());

  EXPECT_EQ(ExitCodeOf(launcher), 128 + Signal());
  EXPECT_THAT(ReadToEnd(), ElementsAre());
}

INSTANTIATE_TEST_SUITE_P(Names, LocalLauncherSignal,
                         ::testing::Values("INT", "TERM"),
                         [](const auto& info) { return info.param; });

TEST_F(LocalLauncher, GivesTheOthersTimeWhereOneHasStopped) {
  LocalLaunchOptions options =
      Ranks(2, absl::StrCat("if [ $RANK = 1 ]; then exec 8>", Fifo(),
                            "; exit 130; fi; trap 'echo asked >&9' TERM; cat <",
                            Fifo(), "; echo saved >&9; exit 130"));
  options.failure_timeout = absl::ZeroDuration();

  EXPECT_EQ(Run(options), 130);

  EXPECT_THAT(ReadToEnd(), ElementsAre("saved"));
  EXPECT_EQ(said_, "");
}

TEST_F(LocalLauncher, AFailureAfterAStopIsTold) {
  EXPECT_EQ(
      Run(Ranks(2, absl::StrCat("if [ $RANK = 1 ]; then exec 8>", Fifo(),
                                "; exit 130; fi; cat <", Fifo(), "; exit 4"))),
      4);

  EXPECT_THAT(said_, HasSubstr("rank 0"));
}

TEST_F(LocalLauncher, HidesTheTerminalsSignalsFromTheRanks) {
  // The fifth word there is the process group.
  EXPECT_EQ(Run(Ranks(2,
                      "read a b c d group rest </proc/$$/stat; "
                      "[ $group = $$ ]")),
            0);
}

TEST_F(LocalLauncher, TakesTheRanksAlongHoweverItDies) {
  const pid_t launcher =
      Fork(Ranks(3, "echo up >&9; trap '' TERM INT; exec sleep 1000"));
  ReadLines(3);

  kill(launcher, SIGKILL);

  EXPECT_EQ(ExitCodeOf(launcher), -1);
  EXPECT_THAT(ReadToEnd(), ElementsAre());
}

TEST_F(LocalLauncher, LeavesTheSignalsAsTheyWere) {
  sigset_t before, after;
  sigprocmask(SIG_SETMASK, nullptr, &before);

  Run(Ranks(1, "exit 0"));

  sigprocmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
  EXPECT_EQ(sigismember(&after, SIGCHLD), 0);
}

TEST_F(LocalLauncher, RunsThisProgramUnlessAnotherIsNamed) {
  LocalLaunchOptions options;
  options.num_ranks = 2;
  options.args = {"rank", "--gtest_also_run_disabled_tests",
                  "--gtest_filter=Rank.DISABLED_ReadsItsPlace"};

  EXPECT_EQ(Run(options), 0);

  EXPECT_FALSE(IsLocalRank());
  EXPECT_THAT(ReadToEnd(), UnorderedElementsAre("0 of 2", "1 of 2"));
}

// What the ranks of the test above do.
TEST(Rank, DISABLED_ReadsItsPlace) {
  EXPECT_TRUE(IsLocalRank());
  const auto ranks = ReadRankEnvironment("local");
  ASSERT_TRUE(ranks.ok()) << ranks.status();
  EXPECT_EQ(ranks->run_id, absl::StrCat("local.", getppid()));
  EXPECT_EQ(ranks->master_listen_fd >= 0, ranks->rank == 0);
  const std::string line =
      absl::StrCat(ranks->rank, " of ", ranks->world_size, "\n");
  EXPECT_EQ(write(9, line.data(), line.size()), line.size());
}

TEST(LocalLauncherError, NoRanks) {
  LocalLaunchOptions options;
  options.num_ranks = 0;

  const absl::Status status = RunLocalRanks(options).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("0 ranks"));
}

TEST(LocalLauncherError, NoProgram) {
  LocalLaunchOptions options;
  options.program = "/no/program";

  const absl::Status status = RunLocalRanks(options).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/no/program"));
}

}  // namespace
}  // namespace anneal::dist
