// What the hub's thread does.
#ifndef ANNEAL_DIST_HUB_LOOP_H_
#define ANNEAL_DIST_HUB_LOOP_H_

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "dist/control.pb.h"
#include "dist/control_peer.h"
#include "dist/tcp_socket.h"

namespace anneal::dist {

// Serves the connections of a ControlHub, whose options these are: lets ranks
// join, then relays what they send and finds those that are lost. Only Stop is
// for other threads.
class HubLoop {
 public:
  struct Options {
    int world_size = 1;
    // What ranks show to join.
    std::string token;
    absl::Duration join_timeout;
    absl::Duration ping_interval;
  };

  HubLoop(TcpSocket listener, const Options& options);
  ~HubLoop();
  HubLoop(const HubLoop&) = delete;
  HubLoop& operator=(const HubLoop&) = delete;

  // Returns after Stop, once all connections have ended or two pings later.
  void Run();
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  void Wait();
  void Accept();
  void OnFrame(ControlPeer* peer, const ControlFrame& frame);
  absl::Status Join(ControlPeer* peer, const Hello& hello);
  void WelcomeAll();
  void RefuseAll(const absl::Status& why);
  // To all ranks. Within Relay, say from Drop: after what is being relayed, so
  // that all hear both in the same order.
  void Relay(ControlMessage message);
  void Send(ControlPeer* peer, const std::string& frame);
  // The connection is of no more use.
  void Drop(ControlPeer* peer, const std::string& reason);
  void Tick();
  void Flush();

  bool is_joining() const { return listener_.is_open(); }
  std::vector<int> Missing() const;

  TcpSocket listener_;  // open until all have joined
  const Options options_;
  const int wake_;  // an eventfd: Stop was called
  const Clock::time_point join_until_;
  std::atomic<bool> is_stopping_{false};

  Clock::time_point next_tick_;
  bool can_accept_ = true;  // until the next tick: out of file descriptors
  std::vector<std::unique_ptr<ControlPeer>> peers_;
  std::vector<ControlPeer*> by_rank_;  // null: not joined, or gone
  std::deque<ControlMessage> relays_;  // the first is being relayed
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_HUB_LOOP_H_
