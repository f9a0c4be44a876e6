#include "utils/time_counter.h"

#include <ATen/Context.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "logging/log.h"
#include "logging/print_log.h"

namespace anneal {

TimeCounter::TimeCounter(Options options, Timer::Clock clock)
    : options_(std::move(options)), clock_(clock) {
  ANNEAL_CHECK(!options_.tag.empty()) << "a TimeCounter needs a tag";
  ANNEAL_CHECK(options_.log_interval >= 1)
      << "log_interval is " << options_.log_interval;
  ANNEAL_CHECK(options_.warmup_interval >= 1)
      << "warmup_interval is " << options_.warmup_interval;
}

TimeCounter::Run::Run(TimeCounter* counter)
    : counter_(counter), start_(counter->Now()) {}

TimeCounter::Run::~Run() { counter_->Record(counter_->Now() - start_); }

absl::Duration TimeCounter::Now() const {
  if (options_.with_sync && at::hasCUDA()) {
    const auto& cuda = at::detail::getCUDAHooks();
    if (cuda.deviceCount() > 0) cuda.deviceSynchronize(cuda.current_device());
  }
  return clock_();
}

void TimeCounter::Record(absl::Duration elapsed) {
  ++count_;
  if (count_ < options_.warmup_interval) return;
  total_ += elapsed;
  if (count_ % options_.log_interval != 0) return;
  const absl::Duration average =
      total_ / (count_ - options_.warmup_interval + 1);
  const absl::Status status =
      PrintLog(absl::StrFormat(
                   "[%s]-time per run averaged in the past %d runs: %.1f ms",
                   options_.tag, count_, absl::ToDoubleMilliseconds(average)),
               options_.logger.has_value()
                   ? absl::optional<absl::string_view>(*options_.logger)
                   : absl::nullopt);
  if (!status.ok()) ANNEAL_LOG(WARNING) << status.message();
}

}  // namespace anneal
