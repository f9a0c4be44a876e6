#include "dist/stop_agreement.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dist/control_frame.h"

namespace anneal::dist {

StopAgreement::StopAgreement(int world_size,
                             std::function<void(const ControlMessage&)> send)
    : send_(std::move(send)),
      has_answered_(world_size),
      num_missing_(world_size) {}

absl::optional<std::string> StopAgreement::Poll(int64_t iter,
                                                const char* wanted) {
  // In one order for all threads with the channel thread's store of is_asked_
  // and load of iter_: either this thread meets the question, or the answer
  // counts this iteration.
  iter_.store(iter);
  if (wanted != nullptr && !std::exchange(has_requested_, true)) {
    ControlMessage message;
    message.mutable_stop_request()->set_reason(CutText(wanted));
    send_(message);
  }
  if (!is_asked_.load()) return absl::nullopt;
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return is_decided_ || has_failed_; });
  if (!is_decided_ || iter < stop_at_) return absl::nullopt;
  return reason_;
}

void StopAgreement::OnMessage(const ControlMessage& message) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Take(message);
  }
  changed_.notify_all();
}

void StopAgreement::Take(const ControlMessage& message) {
  switch (message.body_case()) {
    case ControlMessage::kStopRequest:
      if (!is_asked_) Answer(message);
      break;
    case ControlMessage::kStopAnswer:
      Count(message.rank(), message.stop_answer().iterations());
      break;
    case ControlMessage::kLeft:
      Count(message.rank(), /*iterations=*/0);
      break;
    case ControlMessage::kLost:
    case ControlMessage::kFailed:
      has_failed_ = true;
      break;
    default:
      break;
  }
}

void StopAgreement::Answer(const ControlMessage& request) {
  reason_ = absl::StrCat(request.stop_request().reason(), " on rank ",
                         request.rank());
  is_asked_.store(true);
  ControlMessage answer;
  answer.mutable_stop_answer()->set_iterations(iter_.load());
  send_(answer);
}

void StopAgreement::Count(int rank, int64_t iterations) {
  if (has_answered_[rank]) return;
  has_answered_[rank] = true;
  --num_missing_;
  stop_at_ = std::max(stop_at_, iterations + 1);
  is_decided_ = num_missing_ == 0;
}

}  // namespace anneal::dist
