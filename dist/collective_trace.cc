#include "dist/collective_trace.h"

#include <algorithm>
#include <cstring>

namespace anneal::dist {

CollectiveTrace::CollectiveTrace() : since_(std::chrono::steady_clock::now()) {}

int64_t CollectiveTrace::Enter(absl::string_view what) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (entered_ == finished_) since_ = now;
  Entry& entry = EntryOf(++entered_);
  entry.sequence = entered_;
  entry.is_finished = false;
  entry.size = static_cast<uint8_t>(std::min<size_t>(what.size(), kMaxWhat));
  std::memcpy(entry.what, what.data(), entry.size);
  finished_ = std::max(finished_, entered_ - kWindow);
  return entered_;
}

void CollectiveTrace::Leave(int64_t sequence) {
  if (sequence < 1) return;
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard<std::mutex> lock(mutex_);
  Entry& left = EntryOf(sequence);
  if (left.sequence != sequence) return;  // forgotten
  left.is_finished = true;
  while (finished_ < entered_ && EntryOf(finished_ + 1).is_finished) {
    ++finished_;
    since_ = now;
  }
}

CollectiveTrace::Standing CollectiveTrace::standing() const {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard<std::mutex> lock(mutex_);
  Standing standing;
  standing.entered = entered_;
  standing.finished = finished_;
  standing.since = absl::FromChrono(now - since_);
  return standing;
}

std::string CollectiveTrace::What(int64_t sequence) const {
  if (sequence < 1) return "";
  const std::lock_guard<std::mutex> lock(mutex_);
  const Entry& entry = entries_[sequence % kWindow];
  if (entry.sequence != sequence) return "";
  return std::string(entry.what, entry.size);
}

}  // namespace anneal::dist
