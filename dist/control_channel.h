// One rank's end of the control plane.
#ifndef ANNEAL_DIST_CONTROL_CHANNEL_H_
#define ANNEAL_DIST_CONTROL_CHANNEL_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "dist/control.pb.h"
#include "dist/control_frame.h"
#include "dist/tcp_socket.h"

namespace anneal::dist {

// Hears every message of the control plane, in the order that all ranks hear.
class ControlListener {
 public:
  virtual ~ControlListener() = default;
  // Called on the channel's thread. May send; must not wait for messages.
  virtual void OnMessage(const ControlMessage& message) = 0;
};

// A rank's connection to the hub. Thread-safe.
class ControlChannel {
 public:
  struct Options {
    // Where the hub is, and its token.
    std::string host;
    int port = 0;
    std::string token;
    int rank = 0;
    int world_size = 1;
    // All ranks must have joined by then.
    absl::Duration join_timeout = absl::Minutes(10);
  };

  // Joins and returns once all ranks have. DeadlineExceeded with the ranks that
  // are missing, Unavailable where the hub can't be reached or a rank is lost
  // meanwhile; what else the hub refuses: PermissionDenied for a wrong token,
  // AlreadyExists for a rank that has joined, InvalidArgument for a rank or
  // world size that is not the hub's.
  static absl::StatusOr<std::unique_ptr<ControlChannel>> Join(
      const Options& options);
  ~ControlChannel() { Close(); }
  ControlChannel(const ControlChannel&) = delete;
  ControlChannel& operator=(const ControlChannel&) = delete;

  // Starts the thread that hands every message since Join to each of
  // `listeners` in turn. Once the connection ends or the hub is silent for too
  // long, that rank 0 was lost is the last. Dies if called twice.
  void Listen(std::vector<ControlListener*> listeners);

  // Sends to all ranks, this one included. Never blocks. Where the hub is gone
  // or reads no more the message is dropped: listeners hear of the loss.
  void Send(const ControlMessage& message);

  // Ends the connection; returns once no listener is called any more. Not to be
  // called by a listener.
  void Close();

 private:
  ControlChannel(TcpSocket socket, FrameReader reader,
                 absl::Duration ping_interval);

  void SendFrame(const ControlFrame& frame);
  void ReadToEnd();
  // Why nothing more will come.
  absl::Status ReadFrames();
  void Dispatch(const ControlMessage& message);

  const TcpSocket socket_;
  FrameReader reader_;
  const absl::Duration ping_interval_;
  std::mutex send_mutex_;
  bool is_broken_ = false;  // under send_mutex_: a frame went out in part
  std::atomic<bool> is_closing_{false};
  std::vector<ControlListener*> listeners_;
  std::thread thread_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_CONTROL_CHANNEL_H_
