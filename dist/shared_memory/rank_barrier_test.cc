#include "dist/shared_memory/rank_barrier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/forked_processes.h"

namespace anneal::dist {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr int kMaxRanks = 5;

// Memory that children inherit, with what tests count in and signal by.
struct Shared {
  alignas(64) char barrier[16 << 10];
  std::atomic<int> counts[kMaxRanks];
  std::atomic<int> is_over;
};

class RankBarrierTest : public ::testing::Test {
 protected:
  RankBarrierTest()
      : shared_(*static_cast<Shared*>(
            mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    EXPECT_LE(RankBarrier::SharedBytes(kMaxRanks), sizeof(shared_.barrier));
  }
  ~RankBarrierTest() override { munmap(&shared_, sizeof(Shared)); }

  // Runs `body` in ranks that have joined.
  template <typename Body>
  std::vector<int> RunRanks(int size, Body body) {
    return RunForked(size, [&](int rank) {
      RankBarrier barrier(shared_.barrier, rank, size);
      const absl::Status joined = barrier.Join(absl::Seconds(60));
      ASSERT_TRUE(joined.ok()) << joined;
      body(rank, barrier);
    });
  }
  void AwaitOver() {
    while (shared_.is_over == 0) sched_yield();
  }

  Shared& shared_;
};

class RankBarrierOfSize : public RankBarrierTest,
                          public ::testing::WithParamInterface<int> {};

TEST_P(RankBarrierOfSize, ReturnsWhenAllHaveCome) {
  const int size = GetParam();

  const std::vector<int> ends =
      RunRanks(size, [&](int rank, RankBarrier& barrier) {
        barrier.Announce("counting", absl::Seconds(60));
        for (int round = 1; round <= 3000; ++round) {
          shared_.counts[rank].store(round, std::memory_order_relaxed);
          ASSERT_TRUE(barrier.Meet().ok());
          for (int other = 0; other < size; ++other) {
            const int count =
                shared_.counts[other].load(std::memory_order_relaxed);
            ASSERT_GE(count, round);
            ASSERT_LE(count, round + 1);
          }
        }
      });

  EXPECT_THAT(ends, Each(0));
}

INSTANTIATE_TEST_SUITE_P(Sizes, RankBarrierOfSize, ::testing::Range(1, 6),
                         ::testing::PrintToStringParamName());

// Ranks as threads: what a thread sanitizer can look at.
TEST_F(RankBarrierTest, OrdersPlainMemory) {
  constexpr int kSize = 3;
  int numbers[2][kSize] = {};
  std::vector<std::thread> threads;
  for (int rank = 0; rank < kSize; ++rank) {
    threads.emplace_back([&, rank] {
      RankBarrier barrier(shared_.barrier, rank, kSize);
      ASSERT_TRUE(barrier.Join(absl::Seconds(60)).ok());
      for (int round = 1; round <= 500; ++round) {
        numbers[round % 2][rank] = round;
        barrier.Announce(absl::StrCat("round ", round), absl::Seconds(60));
        ASSERT_TRUE(barrier.Meet().ok());
        EXPECT_THAT(numbers[round % 2], Each(round));
      }
      ASSERT_TRUE(barrier.Meet().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(RankBarrierTest, ComparesAnnouncements) {
  const std::vector<int> ends =
      RunRanks(3, [&](int rank, RankBarrier& barrier) {
        barrier.Announce("the same", absl::Seconds(60));
        ASSERT_TRUE(barrier.Meet().ok());
        barrier.Announce(rank == 2 ? "cooking" : "washing", absl::Seconds(60));

        const absl::Status status = barrier.Meet();

        EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
        EXPECT_EQ(status.message(),
                  "rank 2 is in cooking while rank 0 is in washing; all ranks "
                  "must do the same in the same order");
      });

  EXPECT_THAT(ends, Each(0));
}

TEST_F(RankBarrierTest, ComparesAllOfALongAnnouncement) {
  const std::vector<int> ends =
      RunRanks(2, [&](int rank, RankBarrier& barrier) {
        barrier.Announce(absl::StrCat(std::string(1000, 'x'), rank),
                         absl::Seconds(60));

        EXPECT_EQ(barrier.Meet().code(), absl::StatusCode::kInvalidArgument);
      });

  EXPECT_THAT(ends, Each(0));
}

TEST_F(RankBarrierTest, TimesOutForARankThatDoesNotCome) {
  const std::vector<int> ends =
      RunRanks(3, [&](int rank, RankBarrier& barrier) {
        barrier.Announce("washing", absl::Milliseconds(150));
        if (rank == 1) AwaitOver();

        const absl::Status status = barrier.Meet();

        shared_.is_over = 1;
        EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
        EXPECT_THAT(std::string(status.message()),
                    AllOf(HasSubstr("timed out"),
                          HasSubstr("150ms for rank 1 in washing")));
      });

  EXPECT_THAT(ends, Each(0));
}

TEST_F(RankBarrierTest, FailsForARankThatIsKilled) {
  const std::vector<int> ends =
      RunRanks(3, [&](int rank, RankBarrier& barrier) {
        barrier.Announce("washing", absl::Minutes(5));
        if (rank == 1) raise(SIGKILL);

        const absl::Status status = barrier.Meet();

        EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
        EXPECT_THAT(std::string(status.message()),
                    AllOf(HasSubstr("rank 1 (process "),
                          HasSubstr("ended before washing")));
      });

  EXPECT_THAT(ends, ::testing::ElementsAre(0, -SIGKILL, 0));
}

TEST_F(RankBarrierTest, FailsForARankThatLeft) {
  const std::vector<int> ends = RunForked(2, [&](int rank) {
    {
      RankBarrier barrier(shared_.barrier, rank, 2);
      ASSERT_TRUE(barrier.Join(absl::Minutes(5)).ok());
      if (rank == 0) {
        barrier.Announce("washing", absl::Minutes(5));
        const absl::Status status = barrier.Meet();

        shared_.is_over = 1;
        EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
        EXPECT_THAT(std::string(status.message()),
                    HasSubstr("left before washing"));
      }
    }
    AwaitOver();
  });

  EXPECT_THAT(ends, Each(0));
}

TEST_F(RankBarrierTest, DoesNotMissWhoCameAndLeft) {
  const std::vector<int> ends =
      RunRanks(3, [&](int rank, RankBarrier& barrier) {
        barrier.Announce("washing", absl::Seconds(60));

        EXPECT_TRUE(barrier.Meet().ok());
      });

  EXPECT_THAT(ends, Each(0));
}

TEST_F(RankBarrierTest, BreaksForAllAndForGood) {
  const std::vector<int> ends =
      RunRanks(3, [&](int rank, RankBarrier& barrier) {
        barrier.Announce("washing", absl::Minutes(5));
        if (rank == 2) barrier.Break(absl::AbortedError("rank 2 is tired"));

        const absl::Status first = barrier.Meet();
        barrier.Break(absl::InternalError("too late"));
        const absl::Status second = barrier.Meet();

        EXPECT_EQ(first, absl::AbortedError("rank 2 is tired"));
        EXPECT_EQ(second, first);
      });

  EXPECT_THAT(ends, Each(0));
}

}  // namespace
}  // namespace anneal::dist
