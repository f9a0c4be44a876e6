#include "dist/control_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/control.pb.h"
#include "dist/control_channel.h"
#include "dist/control_frame.h"
#include "dist/control_recorder.h"
#include "dist/tcp_socket.h"

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::unique_ptr<ControlHub> Hub(
    int world_size, absl::Duration failure_timeout = absl::Seconds(30)) {
  ControlHub::Options options;
  options.world_size = world_size;
  options.failure_timeout = failure_timeout;
  return *ControlHub::Create(options);
}

ControlChannel::Options ChannelOptions(const ControlHub& hub, int rank,
                                       int world_size) {
  ControlChannel::Options options;
  options.host = "127.0.0.1";
  options.port = hub.port();
  options.token = hub.token();
  options.rank = rank;
  options.world_size = world_size;
  return options;
}

// A connection on which a test says what it likes.
class RawPeer {
 public:
  explicit RawPeer(const ControlHub& hub)
      : socket_(
            *TcpSocket::Connect("127.0.0.1", hub.port(), absl::Seconds(10))) {}

  void Send(absl::string_view bytes) {
    ASSERT_EQ(*socket_.Send(bytes), bytes.size());
  }
  void SendHello(const ControlHub& hub, int rank, int world_size) {
    ControlFrame frame;
    frame.mutable_hello()->set_rank(rank);
    frame.mutable_hello()->set_world_size(world_size);
    frame.mutable_hello()->set_token(hub.token());
    Send(EncodeFrame(frame));
  }

  // The next frame; without body at the connection's end.
  ControlFrame Next() {
    std::optional<ControlFrame> frame;
    while (!(frame = *reader_.Next()).has_value()) {
      pollfd file = {socket_.fd(), POLLIN, 0};
      poll(&file, 1, -1);
      char bytes[4096];
      const absl::StatusOr<size_t> size = socket_.Receive(bytes, sizeof(bytes));
      if (!size.ok()) return ControlFrame();
      reader_.Append({bytes, *size});
    }
    return *frame;
  }

 private:
  TcpSocket socket_;
  FrameReader reader_;
};

// A run of `world_size` ranks in this process, joined through `hub`.
struct Ranks {
  Ranks(const ControlHub& hub, int world_size)
      : recorders(world_size), channels(world_size) {
    std::vector<std::thread> threads;
    for (int rank = 0; rank < world_size; ++rank) {
      threads.emplace_back([&, rank] {
        channels[rank] =
            *ControlChannel::Join(ChannelOptions(hub, rank, world_size));
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (int rank = 0; rank < world_size; ++rank) {
      channels[rank]->Listen({&recorders[rank]});
    }
  }

  std::vector<ControlRecorder> recorders;
  std::vector<std::unique_ptr<ControlChannel>> channels;
};

TEST(ControlHub, RelaysInOneOrderToAll) {
  constexpr int kRanks = 64;
  constexpr int kMessages = 20;
  const auto hub = Hub(kRanks);
  Ranks ranks(*hub, kRanks);

  std::vector<std::thread> threads;
  for (int rank = 0; rank < kRanks; ++rank) {
    threads.emplace_back([&, rank] {
      for (int i = 0; i < kMessages; ++i) {
        ranks.channels[rank]->Send(TextMessage(absl::StrCat(i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::vector<std::string> first;
  std::vector<int> next(kRanks);
  for (const ControlMessage& message :
       ranks.recorders[0].WaitFor(kRanks * kMessages)) {
    first.push_back(message.SerializeAsString());
    // Each rank's own in the order in which it sent them.
    EXPECT_EQ(message.failed().line(), absl::StrCat(next[message.rank()]++));
  }
  EXPECT_EQ(first.size(), kRanks * kMessages);
  for (ControlRecorder& recorder : ranks.recorders) {
    std::vector<std::string> heard;
    for (const ControlMessage& message : recorder.WaitFor(kRanks * kMessages)) {
      heard.push_back(message.SerializeAsString());
    }
    EXPECT_EQ(heard, first);
  }
}

TEST(ControlHub, SaysThatARankIsLost) {
  const auto hub = Hub(3);
  Ranks ranks(*hub, 3);

  ranks.channels[1].reset();

  for (const int rank : {0, 2}) {
    const ControlMessage lost = ranks.recorders[rank].WaitForLost();
    EXPECT_EQ(lost.rank(), 1);
    EXPECT_THAT(lost.lost().reason(),
                StartsWith("its connection ended without a goodbye ("));
  }
}

TEST(ControlHub, DeliversLastWordsBeforeTheLoss) {
  const auto hub = Hub(2);
  Ranks ranks(*hub, 2);

  ranks.channels[1]->Send(TextMessage("last words"));
  ranks.channels[1].reset();

  const auto heard = ranks.recorders[0].WaitFor(2);
  EXPECT_EQ(heard[0].failed().line(), "last words");
  EXPECT_TRUE(heard[1].has_lost());
}

TEST(ControlHub, DoesNotMissARankThatHasLeft) {
  const auto hub = Hub(3);
  Ranks ranks(*hub, 3);
  ControlMessage left;
  left.mutable_left();

  ranks.channels[1]->Send(left);
  ranks.recorders[0].WaitFor(1);
  ranks.channels[1].reset();
  ranks.channels[2].reset();

  EXPECT_EQ(ranks.recorders[0].WaitForLost().rank(), 2);
}

TEST(ControlHub, LosesARankThatIsSilent) {
  const auto hub = Hub(2, absl::Milliseconds(2400));
  RawPeer silent(*hub);
  silent.SendHello(*hub, 1, 2);
  ControlRecorder recorder;  // outlives the channel
  auto channel = *ControlChannel::Join(ChannelOptions(*hub, 0, 2));
  channel->Listen({&recorder});

  const ControlMessage lost = recorder.WaitForLost();

  EXPECT_EQ(lost.rank(), 1);
  EXPECT_EQ(lost.lost().reason(),
            "nothing was heard from it for 1.2s: it was stopped, or its "
            "machine or network failed");
  // It hears so too: it may only have stood still.
  ControlFrame frame = silent.Next();
  while (frame.has_welcome() || frame.has_ping()) frame = silent.Next();
  EXPECT_TRUE(frame.message().has_lost());
}

TEST(ControlHub, LosesARankThatReadsNothing) {
  const auto hub = Hub(2);
  RawPeer deaf(*hub);
  deaf.SendHello(*hub, 1, 2);
  ControlRecorder recorder;  // outlives the channel
  auto channel = *ControlChannel::Join(ChannelOptions(*hub, 0, 2));
  channel->Listen({&recorder});

  // Its own messages come back; one at a time is under way.
  const ControlMessage large = TextMessage(std::string(kMaxTextBytes, 'x'));
  int count = 0;
  do {
    channel->Send(large);
  } while (!recorder.WaitForIndex(count++).has_lost());

  const ControlMessage lost = recorder.WaitForLost();
  EXPECT_EQ(lost.rank(), 1);
  EXPECT_THAT(lost.lost().reason(),
              testing::ContainsRegex("it has left [0-9]+ bytes of messages "
                                     "unread"));
}

// Rank 1 is dropped while a message is on its way to ranks 0, 1 and 2.
TEST(ControlHub, RelaysALossInOneOrderToAll) {
  const auto hub = Hub(3);
  RawPeer deaf(*hub);
  deaf.SendHello(*hub, 1, 3);
  std::vector<ControlRecorder> recorders(2);  // outlive the channels
  std::vector<std::unique_ptr<ControlChannel>> channels(2);
  std::thread joins(
      [&] { channels[1] = *ControlChannel::Join(ChannelOptions(*hub, 2, 3)); });
  channels[0] = *ControlChannel::Join(ChannelOptions(*hub, 0, 3));
  joins.join();
  for (const int i : {0, 1}) channels[i]->Listen({&recorders[i]});

  const std::string much(kMaxTextBytes, 'x');
  int count = 0;
  do {
    channels[0]->Send(TextMessage(absl::StrCat(count, much)));
  } while (!recorders[0].WaitForIndex(count++).has_lost());
  channels[0]->Send(TextMessage("the end"));

  // All that was sent, the loss, and the end.
  const auto first = recorders[0].WaitFor(count + 2);
  const auto second = recorders[1].WaitFor(count + 2);
  for (int i = 0; i < count + 2; ++i) {
    EXPECT_EQ(first[i].SerializeAsString(), second[i].SerializeAsString()) << i;
  }
}

TEST(ControlHub, LosesARankThatSendsGarbage) {
  const auto hub = Hub(2);
  RawPeer garbled(*hub);
  garbled.SendHello(*hub, 1, 2);
  ControlRecorder recorder;  // outlives the channel
  auto channel = *ControlChannel::Join(ChannelOptions(*hub, 0, 2));
  channel->Listen({&recorder});

  garbled.Send("GET / HTTP/1.1\r\n\r\n");

  EXPECT_THAT(recorder.WaitForLost().lost().reason(),
              StartsWith("it sent a frame of 542393671 bytes"));
}

TEST(ControlHub, LetsNoRankSpeakForTheHub) {
  const auto hub = Hub(2);
  RawPeer liar(*hub);
  liar.SendHello(*hub, 1, 2);
  ControlRecorder recorder;  // outlives the channel
  auto channel = *ControlChannel::Join(ChannelOptions(*hub, 0, 2));
  channel->Listen({&recorder});

  ControlFrame frame;
  frame.mutable_message()->set_rank(0);
  frame.mutable_message()->mutable_stop_request();
  liar.Send(EncodeFrame(frame));
  frame.mutable_message()->mutable_lost();
  liar.Send(EncodeFrame(frame));

  const auto heard = recorder.WaitFor(2);
  EXPECT_EQ(heard[0].rank(), 1);  // the hub knows who speaks
  EXPECT_EQ(heard[1].rank(), 1);
  EXPECT_EQ(heard[1].lost().reason(), "it sent a frame that no rank sends");
}

TEST(ControlHub, IsNotHurtByStrangers) {
  const auto hub = Hub(2);
  std::vector<std::unique_ptr<RawPeer>> strangers;
  for (int i = 0; i < 200; ++i) {
    strangers.push_back(std::make_unique<RawPeer>(*hub));
    if (i % 4 == 0) strangers.back()->Send("GET / HTTP/1.1\r\n\r\n");
    if (i % 4 == 1) strangers.back()->Send(std::string(100, '\0'));
    if (i % 4 == 2) strangers.back()->Send("\x7f");
  }

  Ranks ranks(*hub, 2);
  ranks.channels[0]->Send(TextMessage("hello"));

  EXPECT_EQ(ranks.recorders[1].WaitFor(1)[0].failed().line(), "hello");
  for (const auto& stranger : strangers) {
    EXPECT_EQ(stranger->Next().body_case(), ControlFrame::BODY_NOT_SET);
  }
  // It takes connections no more.
  EXPECT_FALSE(
      TcpSocket::Connect("127.0.0.1", hub->port(), absl::Seconds(10)).ok());
}

TEST(ControlHub, HearsNobodyWhoDoesNotSayHello) {
  const auto hub = Hub(1);
  RawPeer stranger(*hub);

  ControlFrame pong;
  pong.mutable_pong();
  stranger.Send(EncodeFrame(pong));

  EXPECT_EQ(stranger.Next().body_case(), ControlFrame::BODY_NOT_SET);
}

TEST(ControlHub, LosesARankWhileOthersJoin) {
  const auto hub = Hub(3);
  auto lost = std::make_unique<RawPeer>(*hub);
  RawPeer waits(*hub);
  waits.SendHello(*hub, 1, 3);
  lost->SendHello(*hub, 2, 3);
  // The hub has both: it refuses a second rank 2 in words.
  EXPECT_EQ(ControlChannel::Join(ChannelOptions(*hub, 2, 3)).status().code(),
            absl::StatusCode::kAlreadyExists);
  lost.reset();

  const ControlFrame refusal = waits.Next();

  EXPECT_THAT(refusal.refusal().reason(),
              StartsWith("rank 2 was lost while the ranks joined: "));
  EXPECT_EQ(refusal.refusal().code(),
            static_cast<int>(absl::StatusCode::kUnavailable));
}

TEST(ControlHub, TellsThoseThatWaitWhenItGivesUp) {
  auto hub = Hub(2);
  RawPeer waits(*hub);
  waits.SendHello(*hub, 1, 2);
  EXPECT_EQ(ControlChannel::Join(ChannelOptions(*hub, 1, 2)).status().code(),
            absl::StatusCode::kAlreadyExists);

  hub.reset();

  EXPECT_EQ(waits.Next().refusal().reason(), "rank 0 has given up");
}

TEST(ControlHub, RefusesWrongOptions) {
  ControlHub::Options options;
  options.world_size = 0;
  EXPECT_EQ(ControlHub::Create(options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options.world_size = 1;
  options.failure_timeout = absl::Milliseconds(5);
  const absl::Status status = ControlHub::Create(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("5ms for failures"));
}

TEST(ControlHub, HasATokenOfItsOwn) {
  EXPECT_NE(Hub(1)->token(), Hub(1)->token());
  EXPECT_EQ(Hub(1)->token().size(), 32);
}

}  // namespace
}  // namespace anneal::dist
