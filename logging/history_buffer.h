// The history of one scalar.
#ifndef ANNEAL_LOGGING_HISTORY_BUFFER_H_
#define ANNEAL_LOGGING_HISTORY_BUFFER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "utils/value.h"

namespace anneal {

// The last `max_length` values of a scalar with their counts, and statistics
// over a window of the newest ones: mmengine's numbers. Values on an
// accelerator stay there until somebody asks or 64 are waiting, so that logging
// a loss doesn't wait for the device. Updates are amortised O(1). Not
// thread-safe, the const methods included: they may read from the device.
class HistoryBuffer {
 public:
  static constexpr int64_t kMaxLength = 1000000;

  // A statistic over the newest `window` values.
  using Statistic =
      std::function<double(const HistoryBuffer& history, int64_t window)>;

  // Dies if `max_length` is below 1.
  explicit HistoryBuffer(int64_t max_length = kMaxLength);

  // `count`: the number of samples that `value` is the sum of.
  void Update(double value, int64_t count = 1);
  // A tensor of one element, on any device; it must not be changed later.
  // Throws c10::Error for another number of elements.
  void Update(const at::Tensor& value, int64_t count = 1);

  bool empty() const { return size() == 0; }
  int64_t size() const;

  // Over the newest `window` values, over all where it is larger: the sum of
  // the values through the sum of the counts, and the extremes (NaN if one of
  // the values is). Die if the buffer is empty or `window` below 1.
  double mean(int64_t window = kMaxLength) const;
  double min(int64_t window = kMaxLength) const;
  double max(int64_t window = kMaxLength) const;
  // The newest value. Dies if the buffer is empty.
  double current() const;

  // The statistic called `name`: mean, min, max, current or a registered one.
  // NotFound, with the names there are, for another; FailedPrecondition on an
  // empty buffer; InvalidArgument for a window below 1.
  absl::StatusOr<double> Statistics(absl::string_view name,
                                    int64_t window = kMaxLength) const;
  // Makes `statistic` known to every buffer. Dies if the name is taken.
  // Thread-safe.
  static void RegisterStatistic(const std::string& name, Statistic statistic);

  // Oldest first; valid until the next update.
  absl::Span<const double> values() const;
  absl::Span<const int64_t> counts() const;

  // {"log_history": float64 [n], "count_history": int64 [n], "max_length"}.
  Value state_dict() const;
  // On an error the buffer is as before.
  absl::Status LoadStateDict(const Value& state_dict);

 private:
  // Reads what waits on a device.
  void Flush() const;
  void Trim() const;
  // The newest `window` values. Dies if there are none.
  absl::Span<const double> Window(int64_t window) const;

  int64_t max_length_;
  // Up to half again as long as max_length_; the newest are at the end.
  mutable std::vector<double> values_;
  mutable std::vector<int64_t> counts_;
  mutable std::vector<std::pair<at::Tensor, int64_t>> pending_;
};

}  // namespace anneal

#endif  // ANNEAL_LOGGING_HISTORY_BUFFER_H_
