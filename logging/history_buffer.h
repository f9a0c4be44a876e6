// The history of one scalar.
#ifndef ANNEAL_LOGGING_HISTORY_BUFFER_H_
#define ANNEAL_LOGGING_HISTORY_BUFFER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "utils/value.h"

namespace anneal {

// The last `max_length` values of a scalar with their weights, and statistics
// over a window of the newest ones: mmengine's numbers. Values on an
// accelerator stay there until somebody asks or 64 are waiting, so that logging
// a loss doesn't wait for the device. Not thread-safe.
class HistoryBuffer {
 public:
  static constexpr int64_t kMaxLength = 1000000;

  explicit HistoryBuffer(int64_t max_length = kMaxLength)
      : max_length_(max_length) {}

  // `count`: the number of samples `value` is the mean of.
  void Update(double value, int64_t count = 1);
  // A tensor of one element; it must not be changed later.
  void Update(const at::Tensor& value, int64_t count = 1);

  bool empty() const { return values_.empty() && pending_.empty(); }
  int64_t size() const { return values_.size() + pending_.size(); }

  // Over the newest `window` values; of all where it is larger. The mean is
  // weighted by the counts. Die on an empty buffer.
  double mean(int64_t window = kMaxLength) const;
  double min(int64_t window = kMaxLength) const;
  double max(int64_t window = kMaxLength) const;
  double current() const;

  const std::vector<double>& values() const;
  const std::vector<int64_t>& counts() const;

  // {"log_history": float64 [n], "count_history": int64 [n], "max_length"}.
  Value state_dict() const;
  absl::Status LoadStateDict(const Value& state_dict);

 private:
  // Reads what waits on a device.
  void Flush() const;
  void Trim() const;
  size_t WindowBegin(int64_t window) const;

  int64_t max_length_;
  mutable std::vector<double> values_;
  mutable std::vector<int64_t> counts_;
  mutable std::vector<std::pair<at::Tensor, int64_t>> pending_;
};

}  // namespace anneal

#endif  // ANNEAL_LOGGING_HISTORY_BUFFER_H_
