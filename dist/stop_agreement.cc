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

absl::optional<StopWish> StopAgreement::Poll(int64_t point,
                                             const StopWish* wish) {
  if (wish != nullptr && !has_requested_.exchange(true)) {
    ControlMessage message;
    StopRequest& request = *message.mutable_stop_request();
    request.set_reason(CutText(wish->why));
    request.set_is_signal(wish->is_signal);
    request.set_point(point);
    send_(message);
  }
  // In one order for all threads with the channel thread's store of is_asked_
  // and load of point_: either this thread meets the question, or the answer
  // says that it has passed this point.
  point_.store(point);
  if (!has_requested_.load() && !is_asked_.load()) return absl::nullopt;
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return is_asked_ || has_failed_; });
  // Of another rank, which is ahead.
  if (!is_asked_ || point < asked_at_) return absl::nullopt;
  if (!is_answered_) Answer(point);
  changed_.wait(lock, [this] { return is_decided_ || has_failed_; });
  if (!is_decided_ || point < stop_at_) return absl::nullopt;
  return wish_;
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
      if (!is_asked_) TakeRequest(message);
      break;
    case ControlMessage::kStopAnswer:
      Count(message.rank(), message.stop_answer().point());
      break;
    case ControlMessage::kLeft:
      Count(message.rank(), /*point=*/0);
      break;
    case ControlMessage::kLost:
    case ControlMessage::kFailed:
      has_failed_ = true;
      break;
    default:
      break;
  }
}

void StopAgreement::TakeRequest(const ControlMessage& message) {
  const StopRequest& request = message.stop_request();
  wish_.why = absl::StrCat(request.reason(), " on rank ", message.rank());
  wish_.is_signal = request.is_signal();
  asked_at_ = request.point();
  is_asked_.store(true);
  // A main thread that has not come to the point answers there, and so does one
  // that stands at a wish of its own.
  const int64_t point = point_.load();
  if (point >= asked_at_ && !has_requested_.load()) Answer(point + 1);
}

void StopAgreement::Answer(int64_t point) {
  is_answered_ = true;
  ControlMessage answer;
  answer.mutable_stop_answer()->set_point(point);
  send_(answer);
}

void StopAgreement::Count(int rank, int64_t point) {
  if (has_answered_[rank]) return;
  has_answered_[rank] = true;
  --num_missing_;
  stop_at_ = std::max(stop_at_, point);
  is_decided_ = num_missing_ == 0;
}

}  // namespace anneal::dist
