#include "fileio/http/retry_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace anneal {
namespace {

HttpExchange Answer(int status, const std::string& retry_after = "") {
  HttpExchange exchange;
  exchange.response.status = status;
  if (!retry_after.empty()) {
    exchange.response.headers["retry-after"] = retry_after;
  }
  return exchange;
}

RetryPolicy Policy(double draw) {
  RetryPolicy policy;
  policy.draw = [draw] { return draw; };
  policy.now = [] { return absl::FromUnixSeconds(784111777); };
  return policy;
}

TEST(RetryPolicy, TriesAgainWhatPasses) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_TRUE(RetryPolicy::IsTransient(Answer(status))) << status;
  }
  for (const int status : {200, 206, 301, 400, 401, 403, 404, 412, 416, 501}) {
    EXPECT_FALSE(RetryPolicy::IsTransient(Answer(status))) << status;
  }
  HttpExchange broken;
  broken.status = absl::UnavailableError("cut");
  EXPECT_FALSE(RetryPolicy::IsTransient(broken));
  broken.is_transient = true;
  EXPECT_TRUE(RetryPolicy::IsTransient(broken));
}

TEST(RetryPolicy, DoublesThePauseUpToAMaximum) {
  RetryPolicy policy = Policy(0.5);
  policy.max_attempts = 100;
  const std::vector<std::pair<int, double>> pauses = {
      {1, 0.1}, {2, 0.2}, {3, 0.4}, {7, 6.4}, {8, 10}, {99, 10}};

  for (const auto& [attempt, seconds] : pauses) {
    EXPECT_EQ(policy.PauseAfter(attempt, Answer(503)), absl::Seconds(seconds))
        << attempt;
  }
}

TEST(RetryPolicy, DrawsThePauseAnew) {
  RetryPolicy policy;
  policy.first_backoff = absl::Seconds(1);
  for (int i = 0; i < 100; ++i) {
    const absl::Duration pause = policy.PauseAfter(1, Answer(503));
    EXPECT_GE(pause, absl::ZeroDuration());
    EXPECT_LT(pause, absl::Seconds(1));
  }
  EXPECT_NE(policy.PauseAfter(1, Answer(503)),
            policy.PauseAfter(1, Answer(503)));
}

TEST(RetryPolicy, GivesUpAfterTheLastAttempt) {
  const RetryPolicy policy = Policy(0.5);

  EXPECT_LT(policy.PauseAfter(4, Answer(503)), absl::InfiniteDuration());
  EXPECT_EQ(policy.PauseAfter(5, Answer(503)), absl::InfiniteDuration());
  EXPECT_EQ(policy.PauseAfter(1, Answer(404)), absl::InfiniteDuration());
}

TEST(RetryPolicy, WaitsAsLongAsTheServerAsks) {
  const RetryPolicy policy = Policy(0);

  EXPECT_EQ(policy.PauseAfter(1, Answer(429, "7")), absl::Seconds(7));
  // 784111777 is RFC 9110's example of a date.
  EXPECT_EQ(policy.PauseAfter(1, Answer(503, "Sun, 06 Nov 1994 08:49:57 GMT")),
            absl::Seconds(20));
  EXPECT_EQ(policy.PauseAfter(1, Answer(503, "-3")), absl::ZeroDuration());
  EXPECT_EQ(policy.PauseAfter(1, Answer(503, "soon")), absl::ZeroDuration());
  EXPECT_EQ(policy.PauseAfter(1, Answer(503, "86400")),
            absl::InfiniteDuration());
}

}  // namespace
}  // namespace anneal
