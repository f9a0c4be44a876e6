#include "dist/control_peer.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "dist/tcp_socket.h"

namespace anneal::dist {
namespace {

constexpr size_t kLarge = 1 << 20;

// A peer and the other end of its connection.
struct Pair {
  TcpSocket listener = *TcpSocket::Listen("127.0.0.1");
  TcpSocket other =
      *TcpSocket::Connect("127.0.0.1", listener.port(), absl::Seconds(10));
  ControlPeer peer{Accept()};

  // Up to `size` bytes of what has come.
  std::string Read(size_t size) {
    std::string bytes(size, 0);
    bytes.resize(*other.Receive(bytes.data(), size));
    return bytes;
  }

 private:
  TcpSocket Accept() {
    pollfd file = {listener.fd(), POLLIN, 0};
    poll(&file, 1, -1);
    return *listener.Accept();
  }
};

// Larger than the connection's buffers together.
std::string Lot(char first) {
  std::string bytes;
  while (bytes.size() < 7 * kLarge) {
    absl::StrAppend(&bytes, bytes.size(), std::string(1, first), "\n");
  }
  return bytes;
}

TEST(ControlPeer, SendsInPartsWhatItsReaderTakes) {
  Pair pair;
  const std::string expected =
      absl::StrCat(Lot('a'), "then", Lot('b'), Lot('c'));
  size_t queued = 0;
  std::string heard;

  // Queues as often as there is room, between partial sends.
  while (heard.size() < expected.size()) {
    while (queued < expected.size() &&
           pair.peer.Queue(expected.substr(queued, 1000)).ok()) {
      queued += 1000;
    }
    pair.peer.Flush();
    std::string part = pair.Read(kLarge);
    while (!part.empty()) {
      heard += part;
      part = pair.Read(kLarge);
    }
  }

  EXPECT_TRUE(heard == expected);
  EXPECT_FALSE(pair.peer.has_unsent());
}

TEST(ControlPeer, CountsOnlyWhatWaits) {
  Pair pair;
  const std::string most(ControlPeer::kMaxUnsent, 'x');
  ASSERT_TRUE(pair.peer.Queue(most).ok());
  const absl::Status full = pair.peer.Queue("y");
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(full.message(), "it has left 8388608 bytes of messages unread");

  pair.peer.Flush();

  EXPECT_TRUE(pair.peer.Queue("y").ok());
  EXPECT_TRUE(pair.peer.has_unsent());
}

TEST(ControlPeer, DropsWhatNobodyTakes) {
  Pair pair;
  ASSERT_TRUE(pair.peer.Queue(Lot('a')).ok());
  pair.peer.Flush();
  ASSERT_TRUE(pair.peer.has_unsent());
  // Its buffers hold unread bytes: the peer is told with a reset.
  pair.other = TcpSocket();
  pollfd file = {pair.peer.socket().fd(), POLLIN, 0};
  poll(&file, 1, -1);

  pair.peer.Flush();

  EXPECT_FALSE(pair.peer.has_unsent());
  EXPECT_TRUE(pair.peer.Queue("more").ok());
}

}  // namespace
}  // namespace anneal::dist
