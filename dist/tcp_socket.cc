#include "dist/tcp_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "dist/deadline.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

using Clock = std::chrono::steady_clock;
using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

constexpr int kFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

absl::Status SystemError(const std::string& what, int error) {
  return absl::UnavailableError(
      absl::StrCat("can't ", what, ": ", std::strerror(error)));
}

// What `host` stands for; null: the addresses of all interfaces.
absl::StatusOr<Addresses> Resolve(const char* host, int port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (host == nullptr ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host, absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat(
        "can't find the host \"", host == nullptr ? "" : host, "\": ",
        error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error),
        "; check the name of the master's address"));
  }
  return Addresses(found, &freeaddrinfo);
}

void SetOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof(value));
}

// Zero once the connection that is being made at `fd` stands, else errno.
int WaitForConnection(int fd, Clock::time_point deadline) {
  while (true) {
    const int left = PollTimeout(deadline);
    if (left == 0) return ETIMEDOUT;
    pollfd file = {fd, POLLOUT, 0};
    const int count = poll(&file, 1, left);
    if (count < 0 && errno != EINTR) return errno;
    if (count <= 0) continue;
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
  }
}

// Zero, or errno.
int ConnectTo(int fd, const addrinfo& address, Clock::time_point deadline) {
  if (connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  // An interrupted connect goes on.
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  return WaitForConnection(fd, deadline);
}

}  // namespace

TcpSocket& TcpSocket::operator=(TcpSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

TcpSocket::~TcpSocket() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<TcpSocket> TcpSocket::Listen(const std::string& address) {
  ASSIGN_OR_RETURN(
      const Addresses addresses,
      Resolve(address.empty() ? nullptr : address.c_str(), /*port=*/0));
  int error = EADDRNOTAVAIL;
  // One socket for IPv6 takes IPv4's connections too.
  for (const int family : {AF_INET6, AF_INET}) {
    for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
      if (a->ai_family != family) continue;
      TcpSocket made(socket(family, kFlags, 0));
      if (made.is_open()) {
        if (family == AF_INET6) {
          SetOption(made.fd(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
        }
        if (bind(made.fd(), a->ai_addr, a->ai_addrlen) == 0 &&
            listen(made.fd(), SOMAXCONN) == 0) {
          return made;
        }
      }
      error = errno;
    }
  }
  return SystemError(
      absl::StrCat("listen on ", address.empty() ? "any address" : address),
      error);
}

absl::StatusOr<TcpSocket> TcpSocket::Connect(const std::string& host, int port,
                                             absl::Duration timeout) {
  const Clock::time_point deadline = DeadlineAfter(timeout);
  ASSIGN_OR_RETURN(const Addresses addresses, Resolve(host.c_str(), port));
  int error = EADDRNOTAVAIL;
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    TcpSocket made(socket(a->ai_family, kFlags, 0));
    error = made.is_open() ? ConnectTo(made.fd(), *a, deadline) : errno;
    if (error != 0) continue;
    SetOption(made.fd(), IPPROTO_TCP, TCP_NODELAY, 1);
    return made;
  }
  if (error == ETIMEDOUT && Clock::now() >= deadline) {
    return absl::DeadlineExceededError(absl::StrCat(
        host, ":", port, " did not answer within ",
        absl::FormatDuration(timeout), "; check the address and the firewall"));
  }
  return SystemError(absl::StrCat("connect to ", host, ":", port), error);
}

absl::StatusOr<TcpSocket> TcpSocket::Accept() const {
  while (true) {
    TcpSocket made(
        accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (made.is_open()) {
      SetOption(made.fd(), IPPROTO_TCP, TCP_NODELAY, 1);
      return made;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return absl::NotFoundError("no connection waits");
    }
    return SystemError("take a connection", errno);
  }
}

absl::StatusOr<size_t> TcpSocket::Send(absl::string_view bytes) const {
  while (true) {
    const ssize_t size = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) return static_cast<size_t>(size);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    return absl::UnavailableError(std::strerror(errno));
  }
}

absl::StatusOr<size_t> TcpSocket::Receive(char* bytes, size_t size) const {
  while (true) {
    const ssize_t count = recv(fd_, bytes, size, 0);
    if (count > 0) return static_cast<size_t>(count);
    if (count == 0) return absl::UnavailableError("closed by the other end");
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    return absl::UnavailableError(std::strerror(errno));
  }
}

void TcpSocket::Shutdown() const { shutdown(fd_, SHUT_RDWR); }

int TcpSocket::port() const {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  const in_port_t port =
      address.ss_family == AF_INET6
          ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
          : reinterpret_cast<const sockaddr_in&>(address).sin_port;
  return ntohs(port);
}

std::string TcpSocket::PeerName() const {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host,
                  sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "an unknown address";
  }
  return absl::StrCat(host, ":", port);
}

}  // namespace anneal::dist
