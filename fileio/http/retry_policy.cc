#include "fileio/http/retry_policy.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/numbers.h"

namespace anneal {
namespace {

double Draw() {
  // Only spreads clients out in time: nothing of a run depends on it.
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

// RFC 9110: seconds or a date; zero where the header is missing or neither.
absl::Duration RetryAfter(const HttpResponse& response, absl::Time now) {
  const std::string text = response.header("retry-after");
  int64_t seconds = 0;
  if (absl::SimpleAtoi(text, &seconds)) {
    return absl::Seconds(std::max<int64_t>(seconds, 0));
  }
  absl::Time time;
  if (absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", text, &time, nullptr)) {
    return std::max(time - now, absl::ZeroDuration());
  }
  return absl::ZeroDuration();
}

}  // namespace

bool RetryPolicy::IsTransient(const HttpExchange& exchange) {
  if (!exchange.status.ok()) return exchange.is_transient;
  switch (exchange.response.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

absl::Duration RetryPolicy::PauseAfter(int attempt,
                                       const HttpExchange& exchange) const {
  if (attempt >= max_attempts || !IsTransient(exchange)) {
    return absl::InfiniteDuration();
  }
  const absl::Duration asked = exchange.status.ok()
                                   ? RetryAfter(exchange.response, now())
                                   : absl::ZeroDuration();
  if (asked > max_retry_after) return absl::InfiniteDuration();
  const absl::Duration longest = std::min(
      first_backoff * std::ldexp(1.0, std::min(attempt - 1, 30)), max_backoff);
  return std::max(longest * (draw ? draw() : Draw()), asked);
}

}  // namespace anneal
