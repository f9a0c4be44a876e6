#include "dist/control_recorder.h"

#include <algorithm>

namespace anneal::dist {

void ControlRecorder::OnMessage(const ControlMessage& message) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    messages_.push_back(message);
  }
  changed_.notify_all();
}

std::vector<ControlMessage> ControlRecorder::WaitFor(int count) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return messages_.size() >= count; });
  return messages_;
}

ControlMessage ControlRecorder::WaitForIndex(int index) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return messages_.size() > index; });
  return messages_[index];
}

ControlMessage ControlRecorder::WaitForLost() {
  std::unique_lock<std::mutex> lock(mutex_);
  auto lost = messages_.end();
  changed_.wait(lock, [&] {
    lost = std::find_if(messages_.begin(), messages_.end(),
                        [](const ControlMessage& m) { return m.has_lost(); });
    return lost != messages_.end();
  });
  return *lost;
}

ControlMessage TextMessage(const std::string& text) {
  ControlMessage message;
  message.mutable_failed()->set_line(text);
  return message;
}

}  // namespace anneal::dist
