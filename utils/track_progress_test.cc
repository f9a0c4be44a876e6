#include "utils/track_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<int> Numbers(int count) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

int Square(int x) { return x * x; }

TrackOptions Threads(int nproc) {
  TrackOptions options;
  options.nproc = nproc;
  return options;
}

// What a bar wrote.
class Stream {
 public:
  Stream() : file_(std::tmpfile()) {
    options.show = ShowBar::kAlways;
    options.stream = file_;
  }
  ~Stream() { std::fclose(file_); }

  std::string Text() {
    std::string text(std::ftell(file_), '\0');
    std::rewind(file_);
    text.resize(std::fread(&text[0], 1, text.size(), file_));
    return text;
  }

  TrackOptions options;

 private:
  std::FILE* file_;
};

TEST(TrackProgress, GivesAResultForEachTask) {
  EXPECT_THAT(TrackProgress(Square, Numbers(4)), ElementsAre(0, 1, 4, 9));
}

TEST(TrackProgress, NoTasksGiveNoResults) {
  EXPECT_THAT(TrackProgress(Square, Numbers(0)), IsEmpty());
}

TEST(TrackProgress, BoolsAreResultsAsOthers) {
  EXPECT_THAT(TrackProgress([](int x) { return x > 0; }, Numbers(3)),
              ElementsAre(false, true, true));
}

TEST(TrackProgress, DrawsABarAndEndsItsLine) {
  Stream stream;

  TrackProgress(Square, Numbers(3), stream.options);

  const std::string text = stream.Text();
  EXPECT_THAT(text, HasSubstr("] 1/3, "));
  EXPECT_THAT(text, HasSubstr("] 3/3, "));
  EXPECT_EQ(text.back(), '\n');
}

TEST(TrackProgress, DrawsNothingWhereThereIsNoTerminal) {
  Stream stream;
  stream.options.show = ShowBar::kOnTerminal;

  TrackProgress(Square, Numbers(3), stream.options);

  EXPECT_EQ(stream.Text(), "");
}

TEST(TrackIterProgress, GoesOverTheTasksAndDraws) {
  Stream stream;
  const std::vector<int> tasks = Numbers(3);
  int sum = 0;
  {
    TrackIterProgress range(tasks, stream.options);
    for (const int& task : range) sum += task;
  }

  EXPECT_EQ(sum, 3);
  EXPECT_THAT(stream.Text(), HasSubstr("] 3/3, "));
}

class TrackParallelProgressOn : public ::testing::TestWithParam<int> {};

TEST_P(TrackParallelProgressOn, KeepsTheTasksOrder) {
  for (const int64_t chunksize : {1, 3, 100}) {
    TrackOptions options = Threads(GetParam());
    options.chunksize = chunksize;

    const std::vector<int> results =
        TrackParallelProgress(Square, Numbers(50), options);

    ASSERT_EQ(results.size(), 50);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(results[i], i * i);
  }
}

TEST_P(TrackParallelProgressOn, TasksAfterAnErrorAreNotBegun) {
  std::atomic<int> num_begun{0};

  const auto results = TrackParallelProgress(
      [&num_begun](int x) -> absl::StatusOr<int> {
        ++num_begun;
        if (x == 3) return absl::DataLossError("task 3 broke");
        return x;
      },
      Numbers(1000), Threads(GetParam()));

  EXPECT_EQ(results.status(), absl::DataLossError("task 3 broke"));
  EXPECT_LT(num_begun, 1000);
}

TEST_P(TrackParallelProgressOn, WhatATaskThrowsReachesTheCaller) {
  EXPECT_THROW(TrackParallelProgress(
                   [](int x) {
                     if (x == 5) throw std::runtime_error("thrown");
                     return x;
                   },
                   Numbers(10), Threads(GetParam())),
               std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Threads, TrackParallelProgressOn,
                         ::testing::Values(1, 2, 8));

TEST(TrackParallelProgress, WithoutOrderResultsStandAsTheyCame) {
  std::mutex mutex;
  std::condition_variable came;
  bool second_is_done = false;
  TrackOptions options = Threads(2);
  options.keep_order = false;

  const std::vector<int> results = TrackParallelProgress(
      [&](int x) {
        std::unique_lock<std::mutex> lock(mutex);
        if (x == 0) came.wait(lock, [&] { return second_is_done; });
        // The last one starts when the second's result is recorded.
        if (x == 2) {
          second_is_done = true;
          came.notify_all();
        }
        return x;
      },
      Numbers(3), options);

  EXPECT_EQ(results.front(), 1);
  EXPECT_EQ(std::set<int>(results.begin(), results.end()).size(), 3);
}

TEST(TrackParallelProgress, EachThreadIsInitializedOnce) {
  std::mutex mutex;
  std::multiset<std::thread::id> initialized;
  TrackOptions options = Threads(3);
  options.initializer = [&] {
    const std::lock_guard<std::mutex> lock(mutex);
    initialized.insert(std::this_thread::get_id());
  };

  TrackParallelProgress(Square, Numbers(30), options);

  EXPECT_EQ(initialized.size(), 3);
  EXPECT_EQ(
      std::set<std::thread::id>(initialized.begin(), initialized.end()).size(),
      3);
}

TEST(TrackParallelProgress, SkippedFirstTasksAreNotDrawn) {
  Stream stream;
  stream.options.nproc = 2;
  stream.options.skip_first = true;

  TrackParallelProgress(Square, Numbers(3), stream.options);

  const std::string text = stream.Text();
  EXPECT_EQ(text.find("] 1/3, "), text.npos);
  EXPECT_EQ(text.find("] 2/3, "), text.npos);
  EXPECT_THAT(text, HasSubstr("] 3/3, "));
}

TEST(TrackParallelProgressDeathTest, NoThreadsDie) {
  EXPECT_DEATH(TrackParallelProgress(Square, Numbers(1), Threads(0)),
               "nproc is 0");
}

}  // namespace
}  // namespace anneal
