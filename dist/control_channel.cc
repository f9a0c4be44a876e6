#include "dist/control_channel.h"

#include <poll.h>

#include <chrono>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "dist/deadline.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

using Clock = std::chrono::steady_clock;

// How long a rank waits beyond the hub's own limit, whose refusal names the
// ranks that are missing.
constexpr absl::Duration kHubsWord = absl::Seconds(2);

// Appends to `*reader` what comes before `deadline`; false: nothing has.
absl::StatusOr<bool> ReadSome(const TcpSocket& socket,
                              Clock::time_point deadline, FrameReader* reader) {
  pollfd file = {socket.fd(), POLLIN, 0};
  if (poll(&file, 1, PollTimeout(deadline)) == 0) return false;
  char bytes[16 << 10];
  ASSIGN_OR_RETURN(const size_t size, socket.Receive(bytes, sizeof(bytes)));
  reader->Append({bytes, size});
  return true;
}

// Waits for the hub's answer to a Hello.
absl::StatusOr<ControlFrame> ReadAnswer(const TcpSocket& socket,
                                        Clock::time_point deadline,
                                        FrameReader* reader) {
  while (true) {
    ASSIGN_OR_RETURN(std::optional<ControlFrame> frame, reader->Next());
    if (frame.has_value()) return *std::move(frame);
    if (Clock::now() >= deadline) {
      return absl::DeadlineExceededError(
          "it did not answer in time; see rank 0's log");
    }
    RETURN_IF_ERROR(ReadSome(socket, deadline, reader).status());
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlChannel>> ControlChannel::Join(
    const Options& options) {
  const absl::Duration timeout = options.join_timeout + kHubsWord;
  const Clock::time_point deadline = DeadlineAfter(timeout);
  const std::string hub = absl::StrCat("the control plane at ", options.host,
                                       ":", options.port, ": ");
  const auto annotated = [&hub](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(hub, status.message()));
  };
  absl::StatusOr<TcpSocket> socket =
      TcpSocket::Connect(options.host, options.port, timeout);
  if (!socket.ok()) return annotated(socket.status());
  ControlFrame hello;
  hello.mutable_hello()->set_rank(options.rank);
  hello.mutable_hello()->set_world_size(options.world_size);
  hello.mutable_hello()->set_token(options.token);
  // Fits the empty buffer of a new connection.
  const absl::StatusOr<size_t> sent = socket->Send(EncodeFrame(hello));
  if (!sent.ok()) return annotated(sent.status());
  FrameReader reader;
  const absl::StatusOr<ControlFrame> answer =
      ReadAnswer(*socket, deadline, &reader);
  if (!answer.ok()) return annotated(answer.status());
  if (!answer->has_welcome()) {
    const Refusal& refusal = answer->refusal();
    return annotated(absl::Status(
        refusal.code() == 0 ? absl::StatusCode::kUnavailable
                            : static_cast<absl::StatusCode>(refusal.code()),
        refusal.reason()));
  }
  return absl::WrapUnique(new ControlChannel(
      *std::move(socket), std::move(reader),
      absl::Milliseconds(answer->welcome().ping_interval_ms())));
}

ControlChannel::ControlChannel(TcpSocket socket, FrameReader reader,
                               absl::Duration ping_interval)
    : socket_(std::move(socket)),
      reader_(std::move(reader)),
      ping_interval_(ping_interval) {}

void ControlChannel::Listen(std::vector<ControlListener*> listeners) {
  ANNEAL_CHECK(!thread_.joinable()) << "Listen is called twice";
  listeners_ = std::move(listeners);
  thread_ = std::thread(&ControlChannel::ReadToEnd, this);
}

void ControlChannel::Send(const ControlMessage& message) {
  ControlFrame frame;
  *frame.mutable_message() = message;
  SendFrame(frame);
}

void ControlChannel::SendFrame(const ControlFrame& frame) {
  const std::string bytes = EncodeFrame(frame);
  const std::lock_guard<std::mutex> lock(send_mutex_);
  if (is_broken_) return;
  const absl::StatusOr<size_t> sent = socket_.Send(bytes);
  if (sent.ok() && *sent == bytes.size()) return;
  // A connection's buffers hold hundreds of messages: the hub has read nothing
  // for long. What it said before it went can still be read.
  is_broken_ = true;
}

void ControlChannel::Close() {
  if (!socket_.is_open()) return;
  is_closing_ = true;
  socket_.Shutdown();
  if (thread_.joinable()) thread_.join();
}

void ControlChannel::ReadToEnd() {
  const absl::Status end = ReadFrames();
  if (is_closing_) return;
  ControlMessage lost;
  lost.set_rank(0);
  lost.mutable_lost()->set_reason(
      absl::IsUnavailable(end)
          ? absl::StrCat("its connection ended without a goodbye (",
                         end.message(), "): it was killed, crashed or exited")
          : std::string(end.message()));
  Dispatch(lost);
}

absl::Status ControlChannel::ReadFrames() {
  // Counts waits, not time: when this process itself has stood still, what came
  // meanwhile is there to be read.
  int silent_pings = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<ControlFrame> frame, reader_.Next());
    if (frame.has_value()) {
      if (frame->has_message()) Dispatch(frame->message());
      if (frame->has_ping()) {
        ControlFrame pong;
        pong.mutable_pong();
        SendFrame(pong);
      }
      continue;
    }
    ASSIGN_OR_RETURN(
        const bool has_come,
        ReadSome(socket_, DeadlineAfter(ping_interval_), &reader_));
    silent_pings = has_come ? 0 : silent_pings + 1;
    if (silent_pings > kMaxSilentPings) {
      return absl::DeadlineExceededError(
          absl::StrCat("nothing was heard from it for ",
                       absl::FormatDuration(ping_interval_ * kMaxSilentPings),
                       ": it was stopped, or its machine or network failed"));
    }
  }
}

void ControlChannel::Dispatch(const ControlMessage& message) {
  for (ControlListener* listener : listeners_) listener->OnMessage(message);
}

}  // namespace anneal::dist
