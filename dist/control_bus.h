// A control plane within a test.
#ifndef ANNEAL_DIST_CONTROL_BUS_H_
#define ANNEAL_DIST_CONTROL_BUS_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dist/control.pb.h"
#include "dist/control_channel.h"

namespace anneal::dist {

// What the hub and the channels of several ranks do, without sockets: one
// thread hands every message to all listeners, in one order.
class ControlBus {
 public:
  ControlBus() = default;
  // After it no listener is called.
  ~ControlBus() { Stop(); }

  // What rank `rank` sends with.
  std::function<void(const ControlMessage&)> SenderOf(int rank);
  // Sends as the hub: `message` says whose it is.
  void Send(const ControlMessage& message);
  void SendLost(int rank, const std::string& reason);

  // Hands out what has been sent and what will be.
  void Listen(std::vector<ControlListener*> listeners);
  void Stop();

 private:
  void Run();

  std::vector<ControlListener*> listeners_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ControlMessage> messages_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_CONTROL_BUS_H_
