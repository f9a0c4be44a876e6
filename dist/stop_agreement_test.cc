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

TEST(StopAgreement, GoesOnWhereNobodyWantsToStop) {
  Agreements agreements(2);

  EXPECT_EQ(agreements[0].Poll(1, nullptr), absl::nullopt);
  EXPECT_EQ(agreements[1].Poll(1, nullptr), absl::nullopt);
}

TEST(StopAgreement, StopsAfterTheGreatestAnswerAndOneMore) {
  Agreements agreements(3);
  agreements[0].Poll(5, nullptr);
  agreements[1].Poll(7, nullptr);
  agreements[2].Poll(6, "SIGTERM");
  agreements.heard.WaitForIndex(3);  // the request and three answers

  for (int rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(agreements[rank].Poll(7, nullptr), absl::nullopt);
    EXPECT_EQ(agreements[rank].Poll(8, nullptr), "SIGTERM on rank 2");
    EXPECT_EQ(agreements[rank].Poll(9, nullptr), "SIGTERM on rank 2");
  }
}

TEST(StopAgreement, GivesTheFirstOfSeveralReasons) {
  Agreements agreements(2);
  agreements[0].Poll(1, "SIGINT");
  agreements.heard.WaitForIndex(0);
  agreements[1].Poll(1, "SIGTERM");
  agreements.heard.WaitForIndex(3);

  EXPECT_EQ(agreements[0].Poll(2, "SIGINT"), "SIGINT on rank 0");
  EXPECT_EQ(agreements[1].Poll(2, "SIGTERM"), "SIGINT on rank 0");
}

TEST(StopAgreement, AsksOnce) {
  Agreements agreements(1);
  agreements[0].Poll(1, "SIGTERM");
  agreements.heard.WaitForIndex(1);
  agreements[0].Poll(1, "SIGTERM");
  agreements.bus.SendLost(0, "end");

  EXPECT_TRUE(agreements.heard.WaitForIndex(2).has_lost());
}

TEST(StopAgreement, CountsARankThatHasLeft) {
  Agreements agreements(2);
  ControlMessage left;
  left.mutable_left();
  agreements.bus.SenderOf(1)(left);

  agreements[0].Poll(3, "SIGTERM");
  agreements.heard.WaitForIndex(2);

  EXPECT_EQ(agreements[0].Poll(4, nullptr), "SIGTERM on rank 0");
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
  answer.mutable_stop_answer()->set_iterations(4);

  alone.OnMessage(request);
  alone.OnMessage(answer);
  alone.OnMessage(left);

  EXPECT_EQ(alone.Poll(5, nullptr), "SIGTERM on rank 0");
}

TEST(StopAgreement, DoesNotWaitOnceTheRunHasFailed) {
  for (const bool is_lost : {true, false}) {
    ControlBus unused;
    StopAgreement agreement(2, unused.SenderOf(0));
    ControlMessage request;
    request.mutable_stop_request()->set_reason("SIGTERM");
    agreement.OnMessage(request);

    std::thread fails([&] {
      ControlMessage failure;
      if (is_lost) failure.mutable_lost();
      if (!is_lost) failure.mutable_failed();
      agreement.OnMessage(failure);
    });

    EXPECT_EQ(agreement.Poll(5, nullptr), absl::nullopt);
    fails.join();
  }
}

TEST(StopAgreement, StopsARunThatHasNotPolledYet) {
  Agreements agreements(2);
  ControlMessage request;
  request.mutable_stop_request()->set_reason("SIGTERM");
  agreements.bus.SenderOf(1)(request);
  agreements.heard.WaitForIndex(2);

  // A resumed run's first numbers.
  EXPECT_EQ(agreements[0].Poll(1001, nullptr), "SIGTERM on rank 1");
  EXPECT_EQ(agreements[1].Poll(1001, nullptr), "SIGTERM on rank 1");
}

// Ranks of random speeds, each of which may want to stop at any time.
class StopAgreementRandom : public testing::TestWithParam<int> {};

TEST_P(StopAgreementRandom, StopsAllAfterTheSameIteration) {
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
        for (int64_t iter = 1;; ++iter) {
          for (unsigned i = random() % 4; i > 0; --i) {
            std::this_thread::yield();
          }
          const auto reason = agreements[rank].Poll(
              iter, wants && iter >= wants_at ? "SIGTERM" : nullptr);
          if (!reason.has_value()) continue;
          stops[rank] = {iter, *reason};
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

}  // namespace
}  // namespace anneal::dist
