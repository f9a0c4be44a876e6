#include "fileio/s3/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "absl/synchronization/barrier.h"

namespace anneal {
namespace {

TEST(ParallelFor, DoesEachTaskOnce) {
  for (const int num_threads : {1, 3, 100}) {
    std::vector<std::atomic<int>> calls(50);
    EXPECT_TRUE(ParallelFor(50, num_threads, [&](int64_t i) {
                  ++calls[i];
                  return absl::OkStatus();
                }).ok());
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
}

TEST(ParallelFor, HasItsThreadsAtTheSameTime) {
  absl::Barrier* barrier = new absl::Barrier(4);

  EXPECT_TRUE(ParallelFor(4, 4, [&](int64_t) {
                if (barrier->Block()) delete barrier;
                return absl::OkStatus();
              }).ok());
}

TEST(ParallelFor, EndsAtTheFirstError) {
  std::atomic<int> num_calls{0};
  const absl::Status status = ParallelFor(1000000, 2, [&](int64_t i) {
    ++num_calls;
    return i == 10 ? absl::AbortedError("ten") : absl::OkStatus();
  });

  EXPECT_EQ(status, absl::AbortedError("ten"));
  EXPECT_LT(num_calls, 1000000);
}

TEST(ParallelFor, DoesNothingForNothing) {
  EXPECT_TRUE(ParallelFor(0, 4, [](int64_t) {
                return absl::InternalError("called");
              }).ok());
}

}  // namespace
}  // namespace anneal
