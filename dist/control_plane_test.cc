#include "dist/control_plane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dist/forked_ranks.h"
#include "logging/log.h"
#include "utils/stop_signal.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#else
constexpr bool kHasSanitizer = false;
#endif

namespace anneal::dist {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr absl::Duration kFailureTimeout = absl::Seconds(6);
constexpr char kAllReduce[] = "all_reduce float [4]";
constexpr char kCrashed[] =
    " was lost: its connection ended without a goodbye (closed by the other "
    "end): it was killed, crashed or exited";

// Every rank but `except` has ended in time, with status 1, and `line` last.
void ExpectAllEnd(const std::vector<RankEnd>& ends, int except,
                  const std::string& line) {
  for (int rank = 0; rank < ends.size(); ++rank) {
    if (rank == except) continue;
    SCOPED_TRACE(absl::StrCat("rank ", rank));
    EXPECT_EQ(ends[rank].exit_code, 1);
    EXPECT_THAT(ends[rank].last_line, EndsWith(" - " + line));
    EXPECT_LT(ends[rank].after, kFailureTimeout);
  }
}

// The part of a log line that was logged.
std::string Logged(const RankEnd& end) {
  const std::vector<std::string> parts = absl::StrSplit(end.last_line, " - ");
  return parts.back();
}

TEST(ControlPlane, EndsWell) {
  ForkedRanks ranks(3, kFailureTimeout,
                    [](ForkedRank&) { return absl::OkStatus(); });

  for (const RankEnd& end : ranks.WaitForAll()) {
    EXPECT_EQ(end.exit_code, 0);
    EXPECT_EQ(end.last_line, "");
  }
}

// Which of three ranks fails.
class ControlPlaneRank : public testing::TestWithParam<int> {};

TEST_P(ControlPlaneRank, FailsWithAnError) {
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) {
    if (self.rank() != victim) return self.Collective(kAllReduce);
    return absl::InvalidArgumentError("the loss is nan");
  });

  const std::vector<RankEnd> ends = ranks.WaitForAll();

  ExpectAllEnd(ends, victim,
               absl::StrCat("rank ", victim, " failed: the loss is nan"));
  EXPECT_EQ(ends[victim].exit_code, 1);
  EXPECT_EQ(Logged(ends[victim]), "the loss is nan");
}

TEST_P(ControlPlaneRank, IsKilled) {
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [](ForkedRank& self) {
    return self.Collective(kAllReduce);
  });
  ranks.WaitForMarks(3);

  ranks.Signal(victim, SIGKILL);

  const std::vector<RankEnd> ends = ranks.WaitForAll();
  EXPECT_EQ(ends[victim].signal, SIGKILL);
  ExpectAllEnd(ends, victim, absl::StrCat("rank ", victim, kCrashed));
}

TEST_P(ControlPlaneRank, StandsStill) {
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [](ForkedRank& self) {
    return self.Collective(kAllReduce);
  });
  ranks.WaitForMarks(3);
  const std::string line = absl::StrCat(
      "rank ", victim,
      " was lost: nothing was heard from it for 3s: it was stopped, or its "
      "machine or network failed");
  const absl::Time begin = absl::Now();

  ranks.Signal(victim, SIGSTOP);

  std::vector<RankEnd> ends(3);
  for (int rank = 0; rank < 3; ++rank) {
    if (rank == victim) continue;
    ends[rank] = ranks.WaitFor(rank);
    ends[rank].after = absl::Now() - begin;
  }
  // It learns why it is alone.
  ranks.Signal(victim, SIGCONT);
  ends[victim] = ranks.WaitFor(victim);
  ExpectAllEnd(ends, /*except=*/-1, line);
}

TEST_P(ControlPlaneRank, RunsOutOfMemory) {
  if (kHasSanitizer) GTEST_SKIP() << "sanitizers need all address space";
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) {
    if (self.rank() != victim) return self.Collective(kAllReduce);
    const rlimit limit = {1 << 30, 1 << 30};
    setrlimit(RLIMIT_AS, &limit);
    std::vector<std::unique_ptr<char[]>> hoard;
    while (true) hoard.emplace_back(new char[64 << 20]);  // nobody catches
  });

  const std::vector<RankEnd> ends = ranks.WaitForAll();

  EXPECT_EQ(ends[victim].signal, SIGABRT);
  ExpectAllEnd(ends, victim, absl::StrCat("rank ", victim, kCrashed));
}

TEST_P(ControlPlaneRank, ExitsWithoutAWord) {
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) -> absl::Status {
    if (self.rank() == victim) _exit(0);
    return self.Collective(kAllReduce);
  });

  ExpectAllEnd(ranks.WaitForAll(), victim,
               absl::StrCat("rank ", victim, kCrashed));
}

TEST_P(ControlPlaneRank, LeavesTooEarly) {
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) {
    if (self.rank() == victim) return absl::OkStatus();
    return self.Collective(kAllReduce);
  });

  const std::vector<RankEnd> ends = ranks.WaitForAll();

  // Either of the others says it first.
  const std::string line = Logged(ends[victim]);
  EXPECT_THAT(line, MatchesRegex(absl::StrCat(
                        "rank ", victim,
                        " has left the run \\(it finished after 0 "
                        "collectives\\), while rank [012] waits in its 1st, "
                        "all_reduce float \\[4\\]")));
  ExpectAllEnd(ends, /*except=*/-1, line);
}

TEST_P(ControlPlaneRank, LeavesACollectiveOut) {
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) {
    return self.Collective(self.rank() == victim ? "barrier" : kAllReduce);
  });

  const std::vector<RankEnd> ends = ranks.WaitForAll();

  const std::string others = victim == 0   ? "1, 2"
                             : victim == 1 ? "0, 2"
                                           : "0, 1";
  ExpectAllEnd(ends, /*except=*/-1,
               absl::StrCat("the ranks disagree on the 1st collective: that of "
                            "rank ",
                            victim, " is barrier, that of ranks ", others,
                            " is all_reduce float [4]; one of them left a "
                            "collective out or ordered them otherwise"));
}

TEST_P(ControlPlaneRank, NeverComesOut) {
  const int stuck = GetParam();
  const int victim = (stuck + 1) % 3;
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) {
    if (self.rank() == victim) return absl::InternalError("disk full");
    if (self.rank() != stuck) return self.Collective(kAllReduce);
    self.plane().monitor().SetInterrupt([] {
      while (true) pause();  // an abort that hangs itself
    });
    while (true) pause();
  });

  ExpectAllEnd(ranks.WaitForAll(), victim,
               absl::StrCat("rank ", victim, " failed: disk full"));
}

TEST_P(ControlPlaneRank, HangsAfterItsFailure) {
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) -> absl::Status {
    if (self.rank() != victim) return self.Collective(kAllReduce);
    self.plane().monitor().Fail(absl::InternalError("disk full")).IgnoreError();
    while (true) pause();  // a destructor in a deadlock
  });

  const std::vector<RankEnd> ends = ranks.WaitForAll();

  ExpectAllEnd(ends, victim,
               absl::StrCat("rank ", victim, " failed: disk full"));
  EXPECT_EQ(ends[victim].exit_code, 1);
  EXPECT_EQ(Logged(ends[victim]), "disk full");
}

TEST_P(ControlPlaneRank, IsKeptFromItsLastLine) {
  const int stuck = GetParam();
  const int victim = (stuck + 1) % 3;
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) -> absl::Status {
    if (self.rank() == victim) return absl::InternalError("disk full");
    if (self.rank() != stuck) return self.Collective(kAllReduce);
    // Nobody reads its output, and its main thread has the log.
    int nobody[2];
    if (pipe(nobody) != 0) return absl::InternalError("no pipe");
    dup2(nobody[1], STDOUT_FILENO);
    while (true) std::puts("x");
  });

  const std::vector<RankEnd> ends = ranks.WaitForAll();

  EXPECT_EQ(ends[stuck].signal, SIGALRM);
  EXPECT_LT(ends[stuck].after, kFailureTimeout);
}

TEST_P(ControlPlaneRank, IsBehindACollectiveThatTimesOut) {
  const int victim = GetParam();
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) -> absl::Status {
    CollectiveTrace* trace = self.plane().monitor().collectives();
    trace->Leave(trace->Enter("barrier"));
    self.Mark();
    if (self.rank() == victim) {
      while (true) pause();  // a dataset that hangs
    }
    trace->Enter(kAllReduce);
    self.WaitForGo();
    return absl::DeadlineExceededError("all_reduce took over 30 s");
  });
  ranks.WaitForMarks(3);

  ranks.Go();

  const std::vector<RankEnd> ends = ranks.WaitForAll();

  const std::string line = Logged(ends[victim]);
  EXPECT_THAT(line,
              MatchesRegex(absl::StrCat(
                  "rank [012] failed: all_reduce took over 30 s; rank ", victim,
                  " has not entered the 2nd collective \\(all_reduce float "
                  "\\[4\\]\\); it last finished the 1st, [0-9] s ago")));
  for (const RankEnd& end : ends) {
    EXPECT_EQ(end.exit_code, 1);
    // One of the others said it of itself.
    EXPECT_THAT(line, EndsWith(Logged(end)));
    EXPECT_LT(end.after, kFailureTimeout);
  }
}

TEST_P(ControlPlaneRank, GetsATermSignal) {
  const int asked = GetParam();
  // A real collective every iteration.
  auto* barrier = static_cast<pthread_barrier_t*>(
      mmap(nullptr, sizeof(pthread_barrier_t), PROT_READ | PROT_WRITE,
           MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ASSERT_EQ(pthread_barrier_init(barrier, &attributes, 3), 0);
  ForkedRanks ranks(3, kFailureTimeout, [&](ForkedRank& self) -> absl::Status {
    const StopSignal stop;
    for (int64_t iter = 1;; ++iter) {
      pthread_barrier_wait(barrier);
      if (iter == 50) self.Mark();
      const char* signal = StopSignal::Received();
      const StopWish wish{signal == nullptr ? "" : signal, true};
      const auto stop =
          self.plane().stop().Poll(iter, signal == nullptr ? nullptr : &wish);
      if (!stop.has_value()) continue;
      ANNEAL_LOG(WARNING) << stop->why << " at " << iter;
      return absl::OkStatus();
    }
  });
  ranks.WaitForMarks(3);

  ranks.Signal(asked, SIGTERM);

  std::set<std::string> lines;
  for (const RankEnd& end : ranks.WaitForAll()) {
    EXPECT_EQ(end.exit_code, 0);
    lines.insert(Logged(end));
  }
  EXPECT_EQ(lines.size(), 1);
  EXPECT_THAT(*lines.begin(), MatchesRegex(absl::StrCat("SIGTERM on rank ",
                                                        asked, " at [0-9]+")));
  munmap(barrier, sizeof(pthread_barrier_t));
}

INSTANTIATE_TEST_SUITE_P(Ranks, ControlPlaneRank, testing::Range(0, 3),
                         testing::PrintToStringParamName());

// As by Ctrl-Z and fg. Time has to pass here: it must not count.
TEST(ControlPlane, SurvivesAPauseOfAll) {
  ForkedRanks ranks(2, absl::Seconds(2), [](ForkedRank& self) {
    self.Mark();
    self.WaitForGo();
    return absl::OkStatus();
  });
  ranks.WaitForMarks(2);

  for (const int rank : {0, 1}) ranks.Signal(rank, SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  for (const int rank : {0, 1}) ranks.Signal(rank, SIGCONT);
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  ranks.Go();

  for (const RankEnd& end : ranks.WaitForAll()) EXPECT_EQ(end.exit_code, 0);
}

TEST(ControlPlane, SaysWhyItCannotJoin) {
  ControlPlane::Options options;
  options.channel.host = "no.such.host.invalid";

  const absl::Status status = ControlPlane::Join(options).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the control plane at no.such.host.invalid:0: "));
}

}  // namespace
}  // namespace anneal::dist
