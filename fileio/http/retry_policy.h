// When to try again.
#ifndef ANNEAL_FILEIO_HTTP_RETRY_POLICY_H_
#define ANNEAL_FILEIO_HTTP_RETRY_POLICY_H_

#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fileio/http/http_transport.h"

namespace anneal {

struct RetryPolicy {
  // Of each request, the first one included.
  int max_attempts = 5;
  // The pause after attempt k is drawn evenly from 0 to
  // first_backoff * 2^(k-1), at most max_backoff ("full jitter"), but no less
  // than what the server asks for in Retry-After.
  absl::Duration first_backoff = absl::Milliseconds(200);
  absl::Duration max_backoff = absl::Seconds(20);
  // A server that asks for more is not waited for.
  absl::Duration max_retry_after = absl::Minutes(2);

  // What tests replace: how to wait, what time it is, a draw from [0, 1).
  std::function<void(absl::Duration)> sleep = absl::SleepFor;
  std::function<absl::Time()> now = absl::Now;
  std::function<double()> draw;  // empty: a generator of the thread

  // Whether the exchange is worth another attempt: a broken connection, a
  // time-out, or HTTP's 408, 429, 500, 502, 503, 504.
  static bool IsTransient(const HttpExchange& exchange);

  // The pause before the next attempt after the `attempt`th (from 1) ended as
  // `exchange`; InfiniteDuration: give up.
  absl::Duration PauseAfter(int attempt, const HttpExchange& exchange) const;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_RETRY_POLICY_H_
