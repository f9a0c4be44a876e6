#include "dist/tcp_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Blocks until `socket` can be read (or accepted from).
void WaitUntilReadable(const TcpSocket& socket) {
  pollfd file = {socket.fd(), POLLIN, 0};
  ASSERT_EQ(poll(&file, 1, -1), 1);
}

struct Pair {
  explicit Pair(const std::string& address = "") {
    listener = *TcpSocket::Listen(address);
    near = *TcpSocket::Connect(address.empty() ? "127.0.0.1" : address,
                               listener.port(), absl::Seconds(10));
    WaitUntilReadable(listener);
    far = *listener.Accept();
  }

  TcpSocket listener;
  TcpSocket near;
  TcpSocket far;
};

class TcpSocketAddress : public testing::TestWithParam<const char*> {};

TEST_P(TcpSocketAddress, CarriesBytes) {
  const Pair pair(GetParam());

  EXPECT_EQ(*pair.near.Send("hello"), 5);

  char bytes[8];
  WaitUntilReadable(pair.far);
  EXPECT_EQ(*pair.far.Receive(bytes, sizeof(bytes)), 5);
  EXPECT_EQ(std::string(bytes, 5), "hello");
}

INSTANTIATE_TEST_SUITE_P(All, TcpSocketAddress,
                         testing::Values("", "127.0.0.1", "localhost"),
                         [](const auto& info) {
                           const std::string address = info.param;
                           return address.empty()          ? "AllInterfaces"
                                  : address == "localhost" ? "Name"
                                                           : "Number";
                         });

TEST(TcpSocket, NeverBlocks) {
  const Pair pair;
  char byte;

  EXPECT_EQ(pair.listener.Accept().status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(*pair.near.Receive(&byte, 1), 0);
  const std::string much(1 << 20, 'x');
  while (*pair.near.Send(much) > 0) {
  }
}

TEST(TcpSocket, IsNotInherited) {
  const Pair pair;

  for (const TcpSocket* socket : {&pair.listener, &pair.near, &pair.far}) {
    EXPECT_TRUE(fcntl(socket->fd(), F_GETFD) & FD_CLOEXEC);
  }
}

TEST(TcpSocket, MeetsTheEndAfterWhatCameBefore) {
  Pair pair;
  ASSERT_EQ(*pair.near.Send("x"), 1);
  pair.near = TcpSocket();

  char byte;
  WaitUntilReadable(pair.far);
  EXPECT_EQ(*pair.far.Receive(&byte, 1), 1);
  WaitUntilReadable(pair.far);
  EXPECT_EQ(pair.far.Receive(&byte, 1).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(TcpSocket, ReadsWhatCameBeforeAReset) {
  Pair pair;
  // Closing with bytes unread resets the connection.
  ASSERT_EQ(*pair.far.Send("unread"), 6);
  WaitUntilReadable(pair.near);
  ASSERT_EQ(*pair.near.Send("last words"), 10);
  pair.near = TcpSocket();

  char bytes[16];
  WaitUntilReadable(pair.far);
  EXPECT_EQ(*pair.far.Receive(bytes, sizeof(bytes)), 10);
  WaitUntilReadable(pair.far);
  EXPECT_FALSE(pair.far.Receive(bytes, sizeof(bytes)).ok());
}

TEST(TcpSocket, RaisesNoSignalWhereTheOtherEndIsGone) {
  Pair pair;
  pair.far = TcpSocket();

  absl::Status sent;
  while (sent.ok()) sent = pair.near.Send("x").status();

  EXPECT_EQ(sent.code(), absl::StatusCode::kUnavailable);
}

TEST(TcpSocket, ShutdownWakesThisEndToo) {
  const Pair pair;

  pair.near.Shutdown();

  char byte;
  WaitUntilReadable(pair.near);
  EXPECT_FALSE(pair.near.Receive(&byte, 1).ok());
}

TEST(TcpSocket, NamesTheOtherEnd) {
  const Pair pair;

  EXPECT_THAT(pair.near.PeerName(),
              testing::EndsWith(":" + std::to_string(pair.listener.port())));
  EXPECT_EQ(pair.listener.PeerName(), "an unknown address");
}

TEST(TcpSocket, SaysWhyItCannotConnect) {
  const int port = TcpSocket::Listen("127.0.0.1")->port();  // closed again

  const absl::Status refused =
      TcpSocket::Connect("127.0.0.1", port, absl::Seconds(10)).status();

  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("can't connect to 127.0.0.1:" + std::to_string(port) +
                        ": Connection refused"));
}

TEST(TcpSocket, SaysThatAHostIsUnknown) {
  const absl::Status unknown =
      TcpSocket::Connect("no.such.host.invalid", 1, absl::Seconds(10)).status();

  EXPECT_EQ(unknown.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(unknown.message()),
              StartsWith("can't find the host \"no.such.host.invalid\": "));
}

TEST(TcpSocket, GivesUpOnAHostThatDoesNotAnswer) {
  // Its queue is full: more connections get no answer.
  const int silent = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(silent, generic, size), 0);
  ASSERT_EQ(listen(silent, 0), 0);
  ASSERT_EQ(getsockname(silent, generic, &size), 0);
  std::vector<TcpSocket> queued;
  absl::Status status;
  while (status.ok() && queued.size() < 10) {
    absl::StatusOr<TcpSocket> socket = TcpSocket::Connect(
        "127.0.0.1", ntohs(address.sin_port), absl::Milliseconds(100));
    status = socket.status();
    if (socket.ok()) queued.push_back(*std::move(socket));
  }
  close(silent);

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("did not answer within 100ms; check the address and "
                        "the firewall"));
}

TEST(TcpSocket, SaysWhyItCannotListen) {
  const absl::Status status = TcpSocket::Listen("192.0.2.1").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              StartsWith("can't listen on 192.0.2.1: "));
}

}  // namespace
}  // namespace anneal::dist
