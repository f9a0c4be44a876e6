#include "dist/stop_agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "dist/control_bus.h"
#include "dist/control_recorder.h"

namespace anneal::dist {
namespace {

using ::testing::AnyOf;
using ::testing::Each;

// Several ranks' agreements, joined by a bus.
struct Agreements {
  explicit Agreements(int world_size) {
    std::vector<ControlListener*> listeners;
    for (int rank = 0; rank < world_size; ++rank) {
      ranks.push_back(
          std::make_unique<StopAgreement>(world_size, bus.SenderOf(rank)));
      listeners.push_back(ranks.back().get());
    }
    listeners.push_back(&heard);  // after the others
    bus.Listen(listeners);
  }
  ~Agreements() { bus.Stop(); }

  StopAgreement& operator[](int rank) { return *ranks[rank]; }

  ControlBus bus;
  ControlRecorder heard;
  std::vector<std::unique_ptr<StopAgreement>> ranks;
};

const StopWish kSigTerm{"SIGTERM", true};
const StopWish kSigInt{"SIGINT", true};
const StopWish kHook{"the loss is low", false};

// What each rank is told that polls `point` with its wish, all at a time; ""
// for nothing.
std::vector<std::string> PollAll(Agreements& agreements, int64_t point,
                                 const std::vector<const StopWish*>& wishes) {
  std::vector<std::string> told(wishes.size());
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < wishes.size(); ++rank) {
    threads.emplace_back([&, rank] {
      const auto stop = agreements[rank].Poll(point, wishes[rank]);
      if (stop) told[rank] = stop->why;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return told;
}

TEST(StopAgreement, GoesOnWhereNobodyWantsToStop) {
  Agreements agreements(2);

  EXPECT_FALSE(agreements[0].Poll(1, nullptr).has_value());
  EXPECT_FALSE(agreements[1].Poll(1, nullptr).has_value());
}

TEST(StopAgreement, StopsWhereAllWishIt) {
  Agreements agreements(3);
  PollAll(agreements, 4, {nullptr, nullptr, nullptr});

  const auto told = PollAll(agreements, 5, {&kHook, &kHook, &kHook});

  EXPECT_THAT(
      told, Each(AnyOf("the loss is low on rank 0", "the loss is low on rank 1",
                       "the loss is low on rank 2")));
  EXPECT_THAT(told, Each(told[0]));
  EXPECT_FALSE(agreements[0].Poll(6, nullptr)->is_signal);
}

TEST(StopAgreement, StopsAfterARankThatHasPassedTheWish) {
  Agreements agreements(3);
  agreements[0].Poll(5, nullptr);
  agreements[1].Poll(7, nullptr);

  std::thread wishes([&] {
    EXPECT_FALSE(agreements[2].Poll(6, &kSigTerm).has_value());
    EXPECT_FALSE(agreements[2].Poll(7, nullptr).has_value());
  });
  agreements.heard.WaitForIndex(0);
  EXPECT_FALSE(agreements[0].Poll(6, nullptr).has_value());
  EXPECT_FALSE(agreements[0].Poll(7, nullptr).has_value());
  wishes.join();

  for (const int64_t point : {8, 9}) {
    EXPECT_THAT(PollAll(agreements, point, {nullptr, nullptr, nullptr}),
                Each("SIGTERM on rank 2"));
  }
  EXPECT_TRUE(agreements[0].Poll(9, nullptr)->is_signal);
}

TEST(StopAgreement, GivesTheFirstOfSeveralReasons) {
  Agreements agreements(2);
  std::thread first([&] {
    EXPECT_EQ(agreements[0].Poll(1, &kSigInt)->why, "SIGINT on rank 0");
  });
  agreements.heard.WaitForIndex(0);

  EXPECT_EQ(agreements[1].Poll(1, &kSigTerm)->why, "SIGINT on rank 0");
  first.join();
}

// The wish that is heard first comes from a rank that is ahead.
TEST(StopAgreement, LetsARankThatIsBehindComeUp) {
  Agreements agreements(2);
  std::thread ahead([&] {
    EXPECT_EQ(agreements[0].Poll(3, &kSigInt)->why, "SIGINT on rank 0");
  });
  agreements.heard.WaitForIndex(0);

  EXPECT_FALSE(agreements[1].Poll(2, &kSigTerm).has_value());
  EXPECT_EQ(agreements[1].Poll(3, &kSigTerm)->why, "SIGINT on rank 0");
  ahead.join();
}

TEST(StopAgreement, AsksOnce) {
  Agreements agreements(1);
  EXPECT_EQ(agreements[0].Poll(1, &kSigTerm)->why, "SIGTERM on rank 0");
  agreements[0].Poll(2, &kSigTerm);
  agreements.bus.SendLost(0, "end");

  // After the request and its answer.
  EXPECT_TRUE(agreements.heard.WaitForIndex(2).has_lost());
}

TEST(StopAgreement, CountsARankThatHasLeft) {
  Agreements agreements(2);
  ControlMessage left;
  left.mutable_left();
  agreements.bus.SenderOf(1)(left);

  EXPECT_EQ(agreements[0].Poll(3, &kSigTerm)->why, "SIGTERM on rank 0");
}

TEST(StopAgreement, CountsARankThatLeavesWithoutAnAnswer) {
  ControlBus unused;
  StopAgreement alone(2, unused.SenderOf(0));
  ControlMessage request;
  request.mutable_stop_request()->set_reason("SIGTERM");
  ControlMessage left;
  left.set_rank(1);
  left.mutable_left();
  ControlMessage answer;
  answer.mutable_stop_answer()->set_point(4);

  alone.OnMessage(request);
  alone.OnMessage(answer);
  alone.OnMessage(left);

  EXPECT_EQ(alone.Poll(5, nullptr)->why, "SIGTERM on rank 0");
}

TEST(StopAgreement, DoesNotWaitOnceTheRunHasFailed) {
  for (const bool is_lost : {true, false}) {
    ControlBus unused;
    StopAgreement agreement(2, unused.SenderOf(0));

    std::thread fails([&] {
      ControlMessage failure;
      if (is_lost) failure.mutable_lost();
      if (!is_lost) failure.mutable_failed();
      agreement.OnMessage(failure);
    });

    EXPECT_FALSE(agreement.Poll(5, &kSigTerm).has_value());
    fails.join();
  }
}

// Ranks of random speeds, each of which may want to stop at any time.
class StopAgreementRandom : public testing::TestWithParam<int> {};

TEST_P(StopAgreementRandom, StopsAllAtTheSamePoint) {
  const int world_size = GetParam();
  for (int round = 0; round < 300; ++round) {
    Agreements agreements(world_size);
    std::vector<std::pair<int64_t, std::string>> stops(world_size);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < world_size; ++rank) {
      threads.emplace_back([&, rank] {
        std::mt19937 random(round * 10 + rank);
        const int64_t wants_at = random() % 40;
        const bool wants = rank == round % world_size || random() % 3 == 0;
        for (int64_t point = 1;; ++point) {
          for (unsigned i = random() % 4; i > 0; --i) {
            std::this_thread::yield();
          }
          const auto stop = agreements[rank].Poll(
              point, wants && point >= wants_at ? &kSigTerm : nullptr);
          if (!stop.has_value()) continue;
          stops[rank] = {point, stop->why};
          return;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(std::set(stops.begin(), stops.end()).size(), 1);
    EXPECT_THAT(stops[0].second, testing::StartsWith("SIGTERM on rank "));
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, StopAgreementRandom, testing::Range(1, 5),
                         testing::PrintToStringParamName());

// A hook that all ranks have, with random ranks ahead of others.
TEST_P(StopAgreementRandom, StopsAtThePointAtWhichAllWishIt) {
  const int world_size = GetParam();
  for (int round = 0; round < 300; ++round) {
    Agreements agreements(world_size);
    std::vector<int64_t> stops(world_size);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < world_size; ++rank) {
      threads.emplace_back([&, rank] {
        std::mt19937 random(round * 10 + rank);
        for (int64_t point = 1; stops[rank] == 0; ++point) {
          for (unsigned i = random() % 8; i > 0; --i) {
            std::this_thread::yield();
          }
          const StopWish* wish = point == 20 ? &kHook : nullptr;
          if (agreements[rank].Poll(point, wish)) stops[rank] = point;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_THAT(stops, Each(20));
  }
}

}  // namespace
}  // namespace anneal::dist
