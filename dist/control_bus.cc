#include "dist/control_bus.h"

#include <utility>

namespace anneal::dist {

std::function<void(const ControlMessage&)> ControlBus::SenderOf(int rank) {
  return [this, rank](const ControlMessage& message) {
    ControlMessage sent = message;
    sent.set_rank(rank);
    Send(sent);
  };
}

void ControlBus::Send(const ControlMessage& message) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    messages_.push_back(message);
  }
  changed_.notify_all();
}

void ControlBus::SendLost(int rank, const std::string& reason) {
  ControlMessage message;
  message.set_rank(rank);
  message.mutable_lost()->set_reason(reason);
  Send(message);
}

void ControlBus::Listen(std::vector<ControlListener*> listeners) {
  listeners_ = std::move(listeners);
  thread_ = std::thread(&ControlBus::Run, this);
}

void ControlBus::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ControlBus::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || !messages_.empty(); });
    if (is_stopping_) return;
    const ControlMessage message = std::move(messages_.front());
    messages_.pop_front();
    lock.unlock();
    for (ControlListener* listener : listeners_) listener->OnMessage(message);
    lock.lock();
  }
}

}  // namespace anneal::dist
