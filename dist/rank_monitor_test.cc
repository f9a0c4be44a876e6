#include "dist/rank_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "dist/control_bus.h"
#include "dist/control_recorder.h"

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr char kAllReduce[] = "all_reduce float [4]";

// The monitors of several ranks. They would end the test's process a minute
// after a failure.
class Monitors {
 public:
  explicit Monitors(int world_size, absl::Duration echo_wait = absl::Minutes(1),
                    absl::Duration blocked_after = absl::Milliseconds(20),
                    absl::Duration leave_timeout = absl::Minutes(1)) {
    std::vector<ControlListener*> listeners = {&heard};
    for (int rank = 0; rank < world_size; ++rank) {
      RankMonitor::Options options;
      options.rank = rank;
      options.world_size = world_size;
      options.grace = absl::Minutes(1);
      options.echo_wait = echo_wait;
      options.blocked_after = blocked_after;
      options.leave_timeout = leave_timeout;
      monitors_.push_back(
          std::make_unique<RankMonitor>(options, bus.SenderOf(rank)));
      listeners.push_back(monitors_.back().get());
    }
    bus.Listen(listeners);
  }
  ~Monitors() { bus.Stop(); }

  RankMonitor& operator[](int rank) { return *monitors_[rank]; }
  std::future<absl::Status> FailAside(int rank, const absl::Status& error) {
    return std::async(std::launch::async,
                      [=] { return monitors_[rank]->Fail(error); });
  }
  // How often a rank has said where it stands once no more answers come.
  int CountBlocked() {
    // Each round ends after the answers to what came before it were sent; the
    // monitors do not heed it.
    constexpr int kRounds = 6;
    int index = 0;
    int count = 0;
    for (int round = 0; round < kRounds; ++round) {
      ControlMessage end;
      end.mutable_stop_answer();
      bus.Send(end);
      ControlMessage message = heard.WaitForIndex(index++);
      while (!message.has_stop_answer()) {
        count += message.has_blocked();
        message = heard.WaitForIndex(index++);
      }
    }
    return count;
  }
  // The cause on rank `rank`, once it knows of one.
  absl::Status CauseOn(int rank) {
    std::promise<void> failed;
    monitors_[rank]->SetInterrupt([&] { failed.set_value(); });
    failed.get_future().wait();
    return monitors_[rank]->status();
  }

  ControlBus bus;
  ControlRecorder heard;

 private:
  std::vector<std::unique_ptr<RankMonitor>> monitors_;
};

TEST(RankMonitor, GivesOneRanksErrorToAll) {
  Monitors ranks(3);
  const absl::Status error = absl::InvalidArgumentError("the loss is nan");

  EXPECT_TRUE(ranks[0].status().ok());
  EXPECT_EQ(ranks[2].Fail(error), error);

  const absl::Status told =
      absl::AbortedError("rank 2 failed: the loss is nan");
  EXPECT_EQ(ranks.CauseOn(0), told);
  EXPECT_EQ(ranks[1].Fail(absl::InternalError("aborted")), told);
  EXPECT_EQ(ranks[2].status(), error);
}

TEST(RankMonitor, GivesAllTheFirstOfSeveralErrors) {
  Monitors ranks(4);
  std::vector<std::future<absl::Status>> outcomes;
  for (int rank = 0; rank < 4; ++rank) {
    outcomes.push_back(ranks.FailAside(
        rank, absl::InternalError("error of " + std::to_string(rank))));
  }

  const ControlMessage first = ranks.heard.WaitForIndex(0);
  for (int rank = 0; rank < 4; ++rank) {
    const absl::Status outcome = outcomes[rank].get();
    EXPECT_EQ(outcome,
              rank == first.rank()
                  ? absl::InternalError("error of " + std::to_string(rank))
                  : absl::AbortedError(first.failed().line()));
  }
}

TEST(RankMonitor, NamesALostRank) {
  Monitors ranks(3);

  ranks.bus.SendLost(1, "its connection ended");

  EXPECT_EQ(ranks.CauseOn(0),
            absl::AbortedError("rank 1 was lost: its connection ended"));
  EXPECT_EQ(ranks[2].Fail(absl::UnavailableError("connection reset")),
            absl::AbortedError("rank 1 was lost: its connection ended"));
}

TEST(RankMonitor, TellsARank0ThatOnlyStoodStill) {
  Monitors ranks(2);

  ranks.bus.SendLost(0, "nothing was heard from it");

  EXPECT_EQ(ranks.heard.WaitForIndex(1).failed().line(),
            "rank 0 was lost: nothing was heard from it");
}

class RankMonitorEcho : public testing::TestWithParam<absl::StatusCode> {};

TEST_P(RankMonitorEcho, WaitsForItsCause) {
  Monitors ranks(2);
  ranks[0].collectives()->Enter(kAllReduce);

  std::future<absl::Status> echo =
      ranks.FailAside(0, absl::Status(GetParam(), "the peer is gone"));
  // Now rank 0 waits: it asks where the others are.
  int index = 0;
  while (!ranks.heard.WaitForIndex(index).blocked().asks()) ++index;
  ranks[1].Fail(absl::InternalError("out of memory")).IgnoreError();

  EXPECT_EQ(echo.get(), absl::AbortedError("rank 1 failed: out of memory"));
}

TEST_P(RankMonitorEcho, IsTheCauseWhereNoOtherComes) {
  Monitors ranks(2, /*echo_wait=*/absl::Milliseconds(10));
  const absl::Status error(GetParam(), "the file server is gone");

  EXPECT_EQ(ranks[0].Fail(error), error);
  EXPECT_EQ(ranks.CauseOn(1),
            absl::AbortedError("rank 0 failed: the file server is gone"));
}

INSTANTIATE_TEST_SUITE_P(All, RankMonitorEcho,
                         testing::Values(absl::StatusCode::kUnavailable,
                                         absl::StatusCode::kDeadlineExceeded),
                         [](const auto& info) {
                           return info.param == absl::StatusCode::kUnavailable
                                      ? "Unavailable"
                                      : "DeadlineExceeded";
                         });

TEST(RankMonitor, SaysWhoIsBehindACollectiveThatTimedOut) {
  Monitors ranks(3, /*echo_wait=*/absl::Seconds(1));
  for (int rank = 0; rank < 3; ++rank) {
    CollectiveTrace* trace = ranks[rank].collectives();
    for (int i = 0; i < 13; ++i) trace->Leave(trace->Enter("barrier"));
    if (rank != 1) trace->Enter(kAllReduce);
  }

  const absl::Status cause =
      ranks[0].Fail(absl::DeadlineExceededError("all_reduce took over 30 s"));

  EXPECT_EQ(cause.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(cause.message()),
              MatchesRegex("all_reduce took over 30 s; rank 1 has not entered "
                           "the 14th collective \\(all_reduce float \\[4\\]"
                           "\\); it last finished the 13th, [0-9]+ s ago"));
  EXPECT_EQ(ranks.CauseOn(1), absl::AbortedError("rank 0 failed: " +
                                                 std::string(cause.message())));
}

TEST(RankMonitor, DoesNotBlameARankThatComesLate) {
  Monitors ranks(2, /*echo_wait=*/absl::Seconds(1));
  ranks[0].collectives()->Enter(kAllReduce);
  std::future<absl::Status> fails =
      ranks.FailAside(0, absl::DeadlineExceededError("all_reduce took long"));
  int index = 0;
  while (!ranks.heard.WaitForIndex(index).has_behind()) ++index;

  ranks[1].collectives()->Leave(ranks[1].collectives()->Enter(kAllReduce));

  EXPECT_EQ(fails.get(), absl::DeadlineExceededError("all_reduce took long"));
}

TEST(RankMonitor, InterruptsOthersOnce) {
  Monitors ranks(2);
  std::promise<void> other;
  std::atomic<int> count{0};
  ranks[0].SetInterrupt([&] { ++count; });
  ranks[1].SetInterrupt([&] { other.set_value(); });  // twice would throw

  ranks[0].Fail(absl::InternalError("one")).IgnoreError();
  ranks.bus.SendLost(0, "gone");

  other.get_future().wait();
  ranks.heard.WaitForIndex(1);
  ranks.bus.Stop();
  EXPECT_EQ(count, 0);
}

TEST(RankMonitor, ForgetsAnInterrupt) {
  Monitors ranks(2);
  int count = 0;
  ranks[1].SetInterrupt([&] { ++count; });
  ranks[1].SetInterrupt(nullptr);

  ranks[0].Fail(absl::InternalError("one")).IgnoreError();
  ranks[1].Fail(absl::InternalError("two")).IgnoreError();

  EXPECT_EQ(count, 0);
}

TEST(RankMonitor, LeavesOnceAllDo) {
  Monitors ranks(3);
  std::vector<std::future<absl::Status>> outcomes;
  for (const int rank : {0, 2}) {
    outcomes.push_back(std::async(std::launch::async,
                                  [&, rank] { return ranks[rank].Leave(); }));
  }
  ranks.heard.WaitForIndex(1);
  for (auto& outcome : outcomes) {
    EXPECT_EQ(outcome.wait_for(std::chrono::seconds(0)),
              std::future_status::timeout);
  }

  EXPECT_TRUE(ranks[1].Leave().ok());

  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get().ok());
  ranks.bus.SendLost(0, "it has ended");
  ranks.bus.SendLost(1, "it has ended");
  ranks.heard.WaitForIndex(4);
  ranks.bus.Stop();
  EXPECT_TRUE(ranks[2].status().ok());
  const absl::Status late = absl::InternalError("can't remove a file");
  EXPECT_EQ(ranks[2].Fail(late), late);
  EXPECT_EQ(ranks[2].Leave(), late);
  EXPECT_TRUE(ranks[0].Leave().ok());
}

TEST(RankMonitor, DoesNotLeaveWellAfterItsFailure) {
  Monitors ranks(2);
  const absl::Status error = absl::InternalError("disk full");

  EXPECT_EQ(ranks[0].Fail(error), error);

  EXPECT_EQ(ranks[0].Leave(), error);
  EXPECT_EQ(ranks.CauseOn(1), absl::AbortedError("rank 0 failed: disk full"));
  EXPECT_EQ(ranks[1].Leave(), absl::AbortedError("rank 0 failed: disk full"));
}

TEST(RankMonitor, NamesThoseThatDoNotLeave) {
  Monitors ranks(4, /*echo_wait=*/absl::Minutes(1),
                 /*blocked_after=*/absl::Milliseconds(20),
                 /*leave_timeout=*/absl::Milliseconds(50));
  ControlMessage left;
  left.mutable_left();
  ranks.bus.SenderOf(2)(left);
  ranks.bus.SenderOf(2)(left);
  ranks.heard.WaitForIndex(1);  // all have heard the one before

  const absl::Status cause = ranks[0].Leave();

  EXPECT_EQ(cause.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(cause.message()),
              StartsWith("ranks 1, 3 have not left the run, 50ms after rank 0 "
                         "did; see what hangs there "));
  for (const int rank : {1, 2, 3}) EXPECT_EQ(ranks.CauseOn(rank), cause);
}

TEST(RankMonitor, FailsWithTheOthersWhileItLeaves) {
  Monitors ranks(2);
  std::future<absl::Status> leaves =
      std::async(std::launch::async, [&] { return ranks[0].Leave(); });
  ranks.heard.WaitForIndex(0);

  ranks[1].Fail(absl::InternalError("disk full")).IgnoreError();

  EXPECT_EQ(leaves.get(), absl::AbortedError("rank 1 failed: disk full"));
}

TEST(RankMonitor, NamesARankThatLeftWhileOthersWaitForIt) {
  Monitors ranks(3);
  for (const int rank : {0, 2}) ranks[rank].collectives()->Enter(kAllReduce);

  const absl::Status cause = ranks[1].Leave();

  EXPECT_EQ(cause.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(cause.message()),
              MatchesRegex("rank 1 has left the run \\(it finished after 0 "
                           "collectives\\), while rank [02] waits in its 1st, "
                           "all_reduce float \\[4\\]"));
  EXPECT_EQ(ranks.CauseOn(0), cause);
  EXPECT_EQ(ranks.CauseOn(2), cause);
}

TEST(RankMonitor, NamesThoseThatStandInDifferentCollectives) {
  Monitors ranks(3);
  ranks[0].collectives()->Enter(kAllReduce);
  ranks[1].collectives()->Enter("barrier");
  ranks[2].collectives()->Enter(kAllReduce);

  const absl::Status cause = ranks.CauseOn(0);

  EXPECT_THAT(std::string(cause.message()),
              HasSubstr("the ranks disagree on the 1st collective: that of"));
  EXPECT_THAT(std::string(cause.message()), HasSubstr("rank 1 is barrier"));
  EXPECT_EQ(ranks.CauseOn(1), cause);
  EXPECT_EQ(ranks.CauseOn(2), cause);
}

// One word from each of 8 ranks, not one for each word of another.
TEST(RankMonitor, TellsOnceThatItDiffers) {
  Monitors ranks(8, /*echo_wait=*/absl::Minutes(1),
                 /*blocked_after=*/absl::Minutes(1));
  for (int rank = 0; rank < 8; ++rank) {
    ranks[rank].collectives()->Enter(rank == 3 ? "barrier" : kAllReduce);
  }
  ControlMessage first;
  first.mutable_blocked()->set_sequence(1);
  first.mutable_blocked()->set_what(kAllReduce);

  ranks.bus.SenderOf(0)(first);

  // Rank 0's, rank 3's answer, and those of all others to that.
  EXPECT_EQ(ranks.CountBlocked(), 1 + 1 + 7);
}

TEST(RankMonitor, AnswersNothingOnceTheRunHasFailed) {
  Monitors ranks(3, /*echo_wait=*/absl::Minutes(1),
                 /*blocked_after=*/absl::Minutes(1));
  ranks[1].collectives()->Enter("barrier");
  ControlMessage first;
  first.mutable_blocked()->set_sequence(1);
  first.mutable_blocked()->set_what(kAllReduce);
  first.mutable_blocked()->set_asks(true);

  ranks.bus.SendLost(2, "its connection ended");
  ranks.bus.SenderOf(0)(first);

  EXPECT_EQ(ranks.CountBlocked(), 1);
}

TEST(RankMonitor, FindsACollectiveThatAnotherRankHasPassed) {
  Monitors ranks(2);
  CollectiveTrace* passed = ranks[1].collectives();
  passed->Leave(passed->Enter("broadcast from 1"));  // waits for nobody

  ranks[0].collectives()->Enter(kAllReduce);

  EXPECT_THAT(std::string(ranks.CauseOn(1).message()),
              HasSubstr("that of rank 1 is broadcast from 1"));
}

TEST(RankMonitor, FindsADisagreementThatBrokeACollectiveAtOnce) {
  Monitors ranks(2, /*echo_wait=*/absl::Minutes(1),
                 /*blocked_after=*/absl::Milliseconds(400));
  ranks[0].collectives()->Enter(kAllReduce);
  ranks[1].collectives()->Enter("all_reduce float [8]");

  const absl::Status cause =
      ranks[0].Fail(absl::UnavailableError("connection closed by peer"));

  EXPECT_THAT(std::string(cause.message()), HasSubstr("the ranks disagree"));
}

TEST(RankMonitor, FindsNothingWrongInALongCollective) {
  Monitors ranks(2);
  ranks[0].collectives()->Enter(kAllReduce);
  ranks[1].collectives()->Enter(kAllReduce);
  ranks.heard.WaitForIndex(1);  // both have told

  // A whole further round of looks: each tells of its next collective.
  for (const int rank : {0, 1}) {
    ranks[rank].collectives()->Leave(1);
    ranks[rank].collectives()->Enter(kAllReduce);
  }
  ranks.heard.WaitForIndex(3);

  EXPECT_TRUE(ranks[0].status().ok());
}

TEST(RankMonitor, CutsALongError) {
  Monitors ranks(2);
  const absl::Status error = absl::InternalError(std::string(100000, 'x'));

  EXPECT_EQ(ranks[0].Fail(error), error);

  EXPECT_LT(ranks.CauseOn(1).message().size(), 20000);
}

TEST(RankMonitorDeathTest, FailsWithAnError) {
  Monitors ranks(1);

  EXPECT_DEATH(ranks[0].Fail(absl::OkStatus()), "a rank fails with an error");
}

}  // namespace
}  // namespace anneal::dist
