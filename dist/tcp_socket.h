// TCP for a few small messages.
#ifndef ANNEAL_DIST_TCP_SOCKET_H_
#define ANNEAL_DIST_TCP_SOCKET_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace anneal::dist {

// Owns a socket that never blocks, is not inherited by programs started from
// this one, and sends without delay. Movable; thread-safe as file descriptors
// are.
class TcpSocket {
 public:
  TcpSocket() = default;
  TcpSocket(TcpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  TcpSocket& operator=(TcpSocket&& other) noexcept;
  ~TcpSocket();

  // Listens on a free port of `address`, a name or number; "": on all
  // interfaces, IPv6 and IPv4. Unavailable with the system's reason.
  static absl::StatusOr<TcpSocket> Listen(const std::string& address);
  // DeadlineExceeded after `timeout`, else Unavailable with the reason of the
  // last address that `host` stands for.
  static absl::StatusOr<TcpSocket> Connect(const std::string& host, int port,
                                           absl::Duration timeout);
  // The next connection that waits; NotFound where none does.
  absl::StatusOr<TcpSocket> Accept() const;

  // The number of bytes that went out: maybe 0. Unavailable once the other end
  // is gone; raises no SIGPIPE.
  absl::StatusOr<size_t> Send(absl::string_view bytes) const;
  // The number of bytes that came, at most `size`; 0 where none wait.
  // Unavailable at the end.
  absl::StatusOr<size_t> Receive(char* bytes, size_t size) const;
  // Lets both ends see the end, also a thread that polls this one.
  void Shutdown() const;

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  // Of this end.
  int port() const;
  // The other end, "10.0.0.7:41234".
  std::string PeerName() const;

 private:
  explicit TcpSocket(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_TCP_SOCKET_H_
