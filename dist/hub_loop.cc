#include "dist/hub_loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dist/control_frame.h"
#include "dist/deadline.h"
#include "logging/log.h"

namespace anneal::dist {
namespace {

// Connections that may wait to be recognized, beyond one a rank.
constexpr int kMaxStrangers = 64;

ControlFrame RefusalFrame(const absl::Status& why) {
  ControlFrame frame;
  frame.mutable_refusal()->set_code(static_cast<int>(why.code()));
  frame.mutable_refusal()->set_reason(CutText(why.message()));
  return frame;
}

}  // namespace

HubLoop::HubLoop(TcpSocket listener, const Options& options)
    : listener_(std::move(listener)),
      options_(options),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      join_until_(DeadlineAfter(options.join_timeout)),
      by_rank_(options.world_size) {}

HubLoop::~HubLoop() { close(wake_); }

void HubLoop::Stop() {
  is_stopping_ = true;
  eventfd_write(wake_, 1);
}

void HubLoop::Run() {
  next_tick_ = DeadlineAfter(options_.ping_interval);
  Clock::time_point end = Clock::time_point::max();
  while (Clock::now() < end && !(is_stopping_ && peers_.empty())) {
    Wait();
    if (is_joining() && Clock::now() >= join_until_) {
      RefuseAll(absl::DeadlineExceededError(absl::StrCat(
          "of ", options_.world_size, " ranks these have not joined within ",
          absl::FormatDuration(options_.join_timeout), ": ",
          absl::StrJoin(Missing(), ", "),
          "; see whether their processes were started and reach rank 0's "
          "machine")));
    }
    if (is_stopping_ && end == Clock::time_point::max()) {
      end = DeadlineAfter(2 * options_.ping_interval);
      if (is_joining())
        RefuseAll(absl::UnavailableError("rank 0 has given up"));
    }
    // The last words before rank 0's process ends must have gone to all others
    // by then: it is the last to hear them.
    Flush();
    if (Clock::now() >= next_tick_) Tick();
  }
}

// Serves what has come in the meantime.
void HubLoop::Wait() {
  std::vector<pollfd> files = {{wake_, POLLIN, 0}};
  files.push_back({can_accept_ ? listener_.fd() : -1, POLLIN, 0});
  for (const auto& peer : peers_) {
    const int events = peer->has_unsent() ? POLLIN | POLLOUT : POLLIN;
    files.push_back({peer->socket().fd(), static_cast<short>(events), 0});
  }
  Clock::time_point until = next_tick_;
  if (is_joining()) until = std::min(until, join_until_);
  poll(files.data(), files.size(), PollTimeout(until));
  eventfd_t unused;
  if (files[0].revents != 0) eventfd_read(wake_, &unused);
  for (size_t i = 2; i < files.size(); ++i) {
    ControlPeer* peer = peers_[i - 2].get();
    if ((files[i].revents & ~POLLOUT) == 0 || peer->is_over) continue;
    const absl::Status received =
        peer->Receive([&](const ControlFrame& frame) { OnFrame(peer, frame); });
    peer->silent_pings = 0;
    if (!received.ok()) {
      Drop(peer, absl::IsUnavailable(received)
                     ? absl::StrCat("its connection ended without a goodbye (",
                                    received.message(),
                                    "): it was killed, crashed or exited")
                     : absl::StrCat("it sent ", received.message()));
    }
  }
  if (files[1].revents != 0) Accept();
}

void HubLoop::Accept() {
  while (is_joining()) {
    absl::StatusOr<TcpSocket> socket = listener_.Accept();
    if (absl::IsNotFound(socket.status())) return;
    if (!socket.ok()) {
      ANNEAL_LOG(WARNING) << "the control plane: " << socket.status().message();
      can_accept_ = false;
      return;
    }
    peers_.push_back(std::make_unique<ControlPeer>(*std::move(socket)));
    const auto is_stranger = [](const auto& peer) {
      return peer->rank < 0 && !peer->is_over;
    };
    if (std::count_if(peers_.begin(), peers_.end(), is_stranger) >
        options_.world_size + kMaxStrangers) {
      (*std::find_if(peers_.begin(), peers_.end(), is_stranger))->is_over =
          true;
    }
  }
}

void HubLoop::OnFrame(ControlPeer* peer, const ControlFrame& frame) {
  if (peer->is_over || peer->ends_when_sent) return;
  if (peer->rank < 0 && !frame.has_hello()) {
    peer->is_over = true;  // a stranger
  } else if (peer->rank < 0) {
    const absl::Status joined = Join(peer, frame.hello());
    if (joined.ok()) return;
    ANNEAL_LOG(WARNING) << "the control plane refused "
                        << peer->socket().PeerName() << ": "
                        << joined.message();
    Send(peer, EncodeFrame(RefusalFrame(joined)));
    peer->ends_when_sent = true;
  } else if (frame.has_message() && !is_joining() &&
             !frame.message().has_lost()) {
    peer->has_left = peer->has_left || frame.message().has_left();
    ControlMessage message = frame.message();
    message.set_rank(peer->rank);
    Relay(std::move(message));
  } else if (!frame.has_pong()) {
    Drop(peer, "it sent a frame that no rank sends");
  }
}

absl::Status HubLoop::Join(ControlPeer* peer, const Hello& hello) {
  if (hello.token() != options_.token) {
    return absl::PermissionDeniedError(
        "the token is not that of this run; a process of another run uses its "
        "address");
  }
  if (hello.world_size() != options_.world_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the world size is ", hello.world_size(), ", but rank 0's is ",
        options_.world_size, "; start all ranks with the same"));
  }
  if (hello.rank() < 0 || hello.rank() >= options_.world_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "rank ", hello.rank(), " is not within 0..", options_.world_size - 1));
  }
  ControlPeer*& place = by_rank_[hello.rank()];
  if (place != nullptr) {
    return absl::AlreadyExistsError(absl::StrCat(
        "rank ", hello.rank(), " has joined already, from ",
        place->socket().PeerName(), "; give each process a rank of its own"));
  }
  place = peer;
  peer->rank = hello.rank();
  if (Missing().empty()) WelcomeAll();
  return absl::OkStatus();
}

void HubLoop::WelcomeAll() {
  listener_ = TcpSocket();
  ControlFrame frame;
  frame.mutable_welcome()->set_ping_interval_ms(
      absl::ToInt64Milliseconds(options_.ping_interval));
  const std::string encoded = EncodeFrame(frame);
  for (const auto& peer : peers_) {
    if (peer->rank >= 0) {
      peer->silent_pings = 0;
      Send(peer.get(), encoded);
    } else if (!peer->ends_when_sent) {
      peer->is_over = true;
    }
  }
}

void HubLoop::RefuseAll(const absl::Status& why) {
  listener_ = TcpSocket();
  const std::string frame = EncodeFrame(RefusalFrame(why));
  for (const auto& peer : peers_) {
    if (peer->rank >= 0 && !peer->is_over) Send(peer.get(), frame);
    peer->ends_when_sent = true;
  }
}

void HubLoop::Relay(ControlMessage message) {
  relays_.push_back(std::move(message));
  if (relays_.size() > 1) return;
  while (!relays_.empty()) {
    ControlFrame frame;
    *frame.mutable_message() = relays_.front();
    const std::string encoded = EncodeFrame(frame);
    for (ControlPeer* peer : by_rank_) {
      if (peer != nullptr) Send(peer, encoded);
    }
    relays_.pop_front();
  }
}

void HubLoop::Send(ControlPeer* peer, const std::string& frame) {
  const absl::Status queued = peer->Queue(frame);
  if (!queued.ok()) Drop(peer, std::string(queued.message()));
}

void HubLoop::Drop(ControlPeer* peer, const std::string& reason) {
  if (peer->is_over) return;
  peer->is_over = true;
  if (peer->rank < 0) return;
  const bool is_refused = peer->ends_when_sent;
  if (is_joining()) {
    RefuseAll(absl::UnavailableError(absl::StrCat(
        "rank ", peer->rank, " was lost while the ranks joined: ", reason)));
  } else if (!peer->has_left && !is_refused) {
    ControlMessage message;
    message.set_rank(peer->rank);
    message.mutable_lost()->set_reason(reason);
    Relay(std::move(message));  // to itself too: it may only have stood still
    peer->Flush();
  }
  by_rank_[peer->rank] = nullptr;
}

// Counts pings, not time: when this process itself has stood still, all others
// have the time to answer.
void HubLoop::Tick() {
  next_tick_ = DeadlineAfter(options_.ping_interval);
  can_accept_ = true;
  ControlFrame ping;
  ping.mutable_ping();
  const std::string encoded = EncodeFrame(ping);
  for (const auto& peer : peers_) {
    const bool has_to_speak = !is_joining() || peer->rank < 0;
    if (has_to_speak && ++peer->silent_pings > kMaxSilentPings) {
      Drop(peer.get(),
           absl::StrCat(
               "nothing was heard from it for ",
               absl::FormatDuration(options_.ping_interval * kMaxSilentPings),
               ": it was stopped, or its machine or network failed"));
    } else if (!is_joining() && !peer->ends_when_sent) {
      Send(peer.get(), encoded);
    }
  }
}

void HubLoop::Flush() {
  std::sort(peers_.begin(), peers_.end(),
            [](const auto& a, const auto& b) { return a->rank > b->rank; });
  for (const auto& peer : peers_) {
    if (peer->is_over) continue;
    peer->Flush();
    if (peer->ends_when_sent && !peer->has_unsent()) peer->is_over = true;
  }
  const auto is_over = [this](const auto& peer) {
    if (peer->is_over && peer->rank >= 0) by_rank_[peer->rank] = nullptr;
    return peer->is_over;
  };
  peers_.erase(std::remove_if(peers_.begin(), peers_.end(), is_over),
               peers_.end());
}

std::vector<int> HubLoop::Missing() const {
  std::vector<int> ranks;
  for (int rank = 0; rank < options_.world_size; ++rank) {
    if (by_rank_[rank] == nullptr) ranks.push_back(rank);
  }
  return ranks;
}

}  // namespace anneal::dist
