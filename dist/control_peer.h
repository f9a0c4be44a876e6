// The hub's end of one connection.
#ifndef ANNEAL_DIST_CONTROL_PEER_H_
#define ANNEAL_DIST_CONTROL_PEER_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "dist/control.pb.h"
#include "dist/control_frame.h"
#include "dist/tcp_socket.h"

namespace anneal::dist {

// A connection that a loop over many serves: nothing blocks. Used by one
// thread.
class ControlPeer {
 public:
  // The most that may wait for a peer that reads slowly, in bytes.
  static constexpr size_t kMaxUnsent = 8 << 20;

  explicit ControlPeer(TcpSocket socket) : socket_(std::move(socket)) {}

  // Reads what has come and hands each complete frame to `take`. Unavailable at
  // the connection's end, DataLoss for what is no frame; the frames before it
  // have been taken then.
  absl::Status Receive(absl::FunctionRef<void(const ControlFrame&)> take);
  // Queues an encoded frame. ResourceExhausted, dropping it, where more than
  // kMaxUnsent would wait.
  absl::Status Queue(absl::string_view frame);
  // Sends what the connection takes now. Where it takes nothing more all is
  // dropped: Receive meets the end after what has come before.
  void Flush();

  bool has_unsent() const { return begin_ < unsent_.size(); }
  const TcpSocket& socket() const { return socket_; }

  // What the hub knows of it.
  int rank = -1;                // -1: it has not joined
  bool has_left = false;        // it has sent Left
  int silent_pings = 0;         // since something came
  bool ends_when_sent = false;  // it is refused
  bool is_over = false;         // to be forgotten

 private:
  const TcpSocket socket_;
  FrameReader reader_{kMaxRankFrameBytes};
  std::string unsent_;
  size_t begin_ = 0;  // of what is not sent yet
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_CONTROL_PEER_H_
