#include "dist/collective_trace.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace anneal::dist {
namespace {

constexpr int kWindow = CollectiveTrace::kWindow;

TEST(CollectiveTrace, NumbersCollectivesFromOne) {
  CollectiveTrace trace;

  EXPECT_EQ(trace.Enter("barrier"), 1);
  EXPECT_EQ(trace.Enter("all_reduce float [4]"), 2);

  EXPECT_EQ(trace.What(1), "barrier");
  EXPECT_EQ(trace.What(2), "all_reduce float [4]");
}

TEST(CollectiveTrace, KnowsNothingOfOthers) {
  CollectiveTrace trace;
  trace.Enter("barrier");

  EXPECT_EQ(trace.What(-1), "");
  EXPECT_EQ(trace.What(0), "");
  EXPECT_EQ(trace.What(2), "");
  EXPECT_EQ(trace.What(1 + kWindow), "");
}

TEST(CollectiveTrace, FinishesThoseWithoutAnEarlierOneUnderWay) {
  CollectiveTrace trace;
  for (int i = 0; i < 3; ++i) trace.Enter("all_reduce");

  trace.Leave(2);
  trace.Leave(3);
  EXPECT_EQ(trace.standing().finished, 0);
  trace.Leave(1);

  EXPECT_EQ(trace.standing().entered, 3);
  EXPECT_EQ(trace.standing().finished, 3);
}

TEST(CollectiveTrace, ForgetsTheOldest) {
  CollectiveTrace trace;
  for (int i = 0; i < kWindow + 5; ++i) trace.Enter("all_reduce");

  EXPECT_EQ(trace.What(5), "");
  EXPECT_EQ(trace.What(6), "all_reduce");
  EXPECT_EQ(trace.standing().finished, 5);
  trace.Leave(3);  // changes nothing
  EXPECT_EQ(trace.standing().finished, 5);
  trace.Leave(6);
  EXPECT_EQ(trace.standing().finished, 6);
}

TEST(CollectiveTrace, IgnoresNumbersThatItDidNotGive) {
  CollectiveTrace trace;
  trace.Enter("barrier");

  for (const int64_t sequence : {-7, 0, 2, 1 + kWindow}) trace.Leave(sequence);

  EXPECT_EQ(trace.standing().finished, 0);
}

TEST(CollectiveTrace, CutsALongDescription) {
  CollectiveTrace trace;

  const int64_t sequence = trace.Enter(std::string(200, 'x'));

  EXPECT_EQ(trace.What(sequence), std::string(CollectiveTrace::kMaxWhat, 'x'));
}

TEST(CollectiveTrace, MeasuresFromTheEntry) {
  CollectiveTrace trace;
  const absl::Duration before = trace.standing().since;
  EXPECT_LE(before, trace.standing().since);  // idle time grows

  trace.Enter("barrier");
  const absl::Duration inside = trace.standing().since;
  trace.Enter("barrier");  // the first goes on

  EXPECT_LE(inside, trace.standing().since);
}

TEST(CollectiveTrace, TakesThreads) {
  CollectiveTrace trace;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&trace] {
      for (int k = 0; k < 1000; ++k) trace.Leave(trace.Enter("all_reduce"));
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(trace.standing().entered, 4000);
  EXPECT_EQ(trace.standing().finished, 4000);
}

}  // namespace
}  // namespace anneal::dist
