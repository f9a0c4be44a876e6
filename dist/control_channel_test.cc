#include "dist/control_channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "dist/control_frame.h"
#include "dist/control_hub.h"
#include "dist/control_recorder.h"
#include "dist/tcp_socket.h"

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<ControlHub> Hub(
    int world_size, absl::Duration join_timeout = absl::Minutes(10)) {
  ControlHub::Options options;
  options.world_size = world_size;
  options.join_timeout = join_timeout;
  return *ControlHub::Create(options);
}

ControlChannel::Options OptionsFor(const ControlHub& hub, int rank,
                                   int world_size) {
  ControlChannel::Options options;
  options.host = "localhost";
  options.port = hub.port();
  options.token = hub.token();
  options.rank = rank;
  options.world_size = world_size;
  return options;
}

// A hub that does what the test says, with one rank joined.
class FakeHub {
 public:
  explicit FakeHub(int64_t ping_interval_ms)
      : listener_(*TcpSocket::Listen("127.0.0.1")) {
    std::thread hub([this, ping_interval_ms] {
      pollfd file = {listener_.fd(), POLLIN, 0};
      poll(&file, 1, -1);
      socket_ = *listener_.Accept();
      ControlFrame welcome;
      welcome.mutable_welcome()->set_ping_interval_ms(ping_interval_ms);
      Send(welcome);
    });
    ControlChannel::Options options;
    options.host = "127.0.0.1";
    options.port = listener_.port();
    channel_ = *ControlChannel::Join(options);
    hub.join();
  }

  ControlChannel* channel() { return channel_.get(); }
  void Send(const ControlFrame& frame) { SendBytes(EncodeFrame(frame)); }
  void SendBytes(const std::string& bytes) {
    ASSERT_EQ(*socket_.Send(bytes), bytes.size());
  }
  void End() { socket_ = TcpSocket(); }
  // The next frame from the rank.
  ControlFrame Next() {
    std::optional<ControlFrame> frame;
    while (!(frame = *reader_.Next()).has_value()) {
      pollfd file = {socket_.fd(), POLLIN, 0};
      poll(&file, 1, -1);
      char bytes[4096];
      reader_.Append({bytes, *socket_.Receive(bytes, sizeof(bytes))});
    }
    return *frame;
  }

 private:
  TcpSocket listener_;
  TcpSocket socket_;
  FrameReader reader_;
  std::unique_ptr<ControlChannel> channel_;
};

TEST(ControlChannel, HearsItselfAndOthers) {
  const auto hub = Hub(2);
  std::unique_ptr<ControlChannel> other;
  std::thread thread(
      [&] { other = *ControlChannel::Join(OptionsFor(*hub, 1, 2)); });
  ControlRecorder first;
  ControlRecorder second;
  const auto channel = *ControlChannel::Join(OptionsFor(*hub, 0, 2));
  thread.join();
  channel->Listen({&first, &second});

  other->Send(TextMessage("one"));
  first.WaitFor(1);
  channel->Send(TextMessage("two"));

  for (ControlRecorder* recorder : {&first, &second}) {
    const auto heard = recorder->WaitFor(2);
    EXPECT_EQ(heard[0].rank(), 1);
    EXPECT_EQ(heard[0].failed().line(), "one");
    EXPECT_EQ(heard[1].rank(), 0);
    EXPECT_EQ(heard[1].failed().line(), "two");
  }
}

TEST(ControlChannel, KeepsWhatComesBeforeItListens) {
  const auto hub = Hub(1);
  ControlRecorder recorder;
  const auto channel = *ControlChannel::Join(OptionsFor(*hub, 0, 1));
  channel->Send(TextMessage("early"));

  channel->Listen({&recorder});

  EXPECT_EQ(recorder.WaitFor(1)[0].failed().line(), "early");
}

struct RefusalCase {
  const char* name;
  int rank;
  int world_size;
  const char* token;
  absl::StatusCode code;
  const char* words;
};

class ControlChannelRefusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(ControlChannelRefusal, IsGivenInWords) {
  const auto hub = Hub(2);
  ControlChannel::Options options =
      OptionsFor(*hub, GetParam().rank, GetParam().world_size);
  if (*GetParam().token != '\0') options.token = GetParam().token;

  const absl::Status status = ControlChannel::Join(options).status();

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the control plane at localhost:"));
}

INSTANTIATE_TEST_SUITE_P(
    All, ControlChannelRefusal,
    testing::Values(RefusalCase{"WrongToken", 1, 2, "other",
                                absl::StatusCode::kPermissionDenied,
                                "the token is not that of this run"},
                    RefusalCase{"WrongWorldSize", 1, 3, "",
                                absl::StatusCode::kInvalidArgument,
                                "the world size is 3, but rank 0's is 2"},
                    RefusalCase{"RankTooLarge", 2, 2, "",
                                absl::StatusCode::kInvalidArgument,
                                "rank 2 is not within 0..1"},
                    RefusalCase{"RankNegative", -1, 2, "",
                                absl::StatusCode::kInvalidArgument,
                                "rank -1 is not within 0..1"}),
    [](const auto& info) { return info.param.name; });

TEST(ControlChannel, IsToldWhoDidNotJoin) {
  const auto hub = Hub(3, absl::Milliseconds(200));

  const absl::Status status =
      ControlChannel::Join(OptionsFor(*hub, 1, 3)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("of 3 ranks these have not joined within 200ms: 0, 2; see"));
}

TEST(ControlChannel, GivesUpOnAHubThatDoesNotAnswer) {
  const TcpSocket mute = *TcpSocket::Listen("127.0.0.1");
  ControlChannel::Options options;
  options.host = "127.0.0.1";
  options.port = mute.port();
  options.join_timeout = absl::Milliseconds(1);

  const absl::Status status = ControlChannel::Join(options).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("it did not answer in time; see rank 0's log"));
}

TEST(ControlChannel, FailsWhereNobodyListens) {
  ControlChannel::Options options;
  options.host = "127.0.0.1";
  options.port = TcpSocket::Listen("127.0.0.1")->port();  // closed again

  EXPECT_EQ(ControlChannel::Join(options).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(ControlChannel, AnswersPings) {
  ControlRecorder recorder;
  FakeHub hub(/*ping_interval_ms=*/60000);
  hub.channel()->Listen({&recorder});
  EXPECT_TRUE(hub.Next().has_hello());

  ControlFrame ping;
  ping.mutable_ping();
  hub.Send(ping);

  EXPECT_TRUE(hub.Next().has_pong());
}

TEST(ControlChannel, LosesRank0WithTheConnection) {
  ControlRecorder recorder;
  FakeHub hub(/*ping_interval_ms=*/60000);
  hub.channel()->Listen({&recorder});

  ControlFrame frame;
  *frame.mutable_message() = TextMessage("last words");
  hub.Send(frame);
  hub.End();

  const auto heard = recorder.WaitFor(2);
  EXPECT_EQ(heard[0].failed().line(), "last words");
  EXPECT_EQ(heard[1].rank(), 0);
  EXPECT_THAT(heard[1].lost().reason(),
              HasSubstr("its connection ended without a goodbye"));
}

TEST(ControlChannel, LosesASilentRank0) {
  ControlRecorder recorder;
  FakeHub hub(/*ping_interval_ms=*/20);
  hub.channel()->Listen({&recorder});

  const ControlMessage lost = recorder.WaitForLost();

  EXPECT_EQ(lost.rank(), 0);
  EXPECT_THAT(lost.lost().reason(),
              HasSubstr("nothing was heard from it for 120ms"));
}

TEST(ControlChannel, LosesARank0ThatSendsGarbage) {
  ControlRecorder recorder;
  FakeHub hub(/*ping_interval_ms=*/60000);
  hub.channel()->Listen({&recorder});

  hub.SendBytes("\xff\xff\xff\xff");

  EXPECT_THAT(recorder.WaitForLost().lost().reason(),
              HasSubstr("a frame of 4294967295 bytes"));
}

TEST(ControlChannel, NeverBlocksOnAHubThatDoesNotRead) {
  FakeHub hub(/*ping_interval_ms=*/60000);
  const ControlMessage large = TextMessage(std::string(kMaxTextBytes, 'x'));

  for (int i = 0; i < 2000; ++i) hub.channel()->Send(large);  // 32 MB
}

TEST(ControlChannel, HearsNothingOfItsOwnEnd) {
  const auto hub = Hub(1);
  ControlRecorder recorder;
  auto channel = *ControlChannel::Join(OptionsFor(*hub, 0, 1));
  channel->Listen({&recorder});
  channel->Send(TextMessage("one"));
  recorder.WaitFor(1);

  channel->Close();
  channel->Close();  // once more changes nothing

  EXPECT_EQ(recorder.WaitFor(1).size(), 1);
}

TEST(ControlChannelDeathTest, ListensOnce) {
  const auto hub = Hub(1);
  const auto channel = *ControlChannel::Join(OptionsFor(*hub, 0, 1));
  channel->Listen({});

  EXPECT_DEATH(channel->Listen({}), "Listen is called twice");
}

}  // namespace
}  // namespace anneal::dist
